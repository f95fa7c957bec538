from virtdc.v1 import base_guest_pb2 as _base_guest_pb2
from virtdc.v1 import guest_pb2 as _guest_pb2
from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import watch_pb2 as _watch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AdoptVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADOPT_VERDICT_UNSPECIFIED: _ClassVar[AdoptVerdict]
    ADOPT_VERDICT_ADOPTED: _ClassVar[AdoptVerdict]
    ADOPT_VERDICT_ALREADY: _ClassVar[AdoptVerdict]
    ADOPT_VERDICT_REFUSED: _ClassVar[AdoptVerdict]
ADOPT_VERDICT_UNSPECIFIED: AdoptVerdict
ADOPT_VERDICT_ADOPTED: AdoptVerdict
ADOPT_VERDICT_ALREADY: AdoptVerdict
ADOPT_VERDICT_REFUSED: AdoptVerdict

class GetGuestRequest(_message.Message):
    __slots__ = ("vmid",)
    VMID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    def __init__(self, vmid: _Optional[str] = ...) -> None: ...

class GetGuestResponse(_message.Message):
    __slots__ = ("guest",)
    GUEST_FIELD_NUMBER: _ClassVar[int]
    guest: _guest_pb2.Guest
    def __init__(self, guest: _Optional[_Union[_guest_pb2.Guest, _Mapping]] = ...) -> None: ...

class ListGuestsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _guest_pb2.GuestFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_guest_pb2.GuestFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGuestsResponse(_message.Message):
    __slots__ = ("guests", "next_page_token", "revision")
    GUESTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    guests: _containers.RepeatedCompositeFieldContainer[_guest_pb2.Guest]
    next_page_token: str
    revision: int
    def __init__(self, guests: _Optional[_Iterable[_Union[_guest_pb2.Guest, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateGuestRequest(_message.Message):
    __slots__ = ("vmid", "set_labels", "remove_labels", "restart_policy", "revision", "validate_only", "request_id", "priority")
    class SetLabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VMID_FIELD_NUMBER: _ClassVar[int]
    SET_LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_LABELS_FIELD_NUMBER: _ClassVar[int]
    RESTART_POLICY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    set_labels: _containers.ScalarMap[str, str]
    remove_labels: _containers.RepeatedScalarFieldContainer[str]
    restart_policy: _guest_pb2.RestartPolicy
    revision: int
    validate_only: bool
    request_id: str
    priority: int
    def __init__(self, vmid: _Optional[str] = ..., set_labels: _Optional[_Mapping[str, str]] = ..., remove_labels: _Optional[_Iterable[str]] = ..., restart_policy: _Optional[_Union[_guest_pb2.RestartPolicy, str]] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ..., priority: _Optional[int] = ...) -> None: ...

class UpdateGuestResponse(_message.Message):
    __slots__ = ("guest",)
    GUEST_FIELD_NUMBER: _ClassVar[int]
    guest: _guest_pb2.Guest
    def __init__(self, guest: _Optional[_Union[_guest_pb2.Guest, _Mapping]] = ...) -> None: ...

class WatchGuestsRequest(_message.Message):
    __slots__ = ("start_revision", "send_initial", "filter", "progress_interval_s")
    START_REVISION_FIELD_NUMBER: _ClassVar[int]
    SEND_INITIAL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    start_revision: int
    send_initial: bool
    filter: _guest_pb2.GuestFilter
    progress_interval_s: int
    def __init__(self, start_revision: _Optional[int] = ..., send_initial: bool = ..., filter: _Optional[_Union[_guest_pb2.GuestFilter, _Mapping]] = ..., progress_interval_s: _Optional[int] = ...) -> None: ...

class WatchGuestsResponse(_message.Message):
    __slots__ = ("revision", "events", "batch_end")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_END_FIELD_NUMBER: _ClassVar[int]
    revision: int
    events: _containers.RepeatedCompositeFieldContainer[_watch_pb2.GuestEvent]
    batch_end: bool
    def __init__(self, revision: _Optional[int] = ..., events: _Optional[_Iterable[_Union[_watch_pb2.GuestEvent, _Mapping]]] = ..., batch_end: bool = ...) -> None: ...

class AdoptSelection(_message.Message):
    __slots__ = ("uuid", "domain_name", "vmid")
    UUID_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_NAME_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    uuid: str
    domain_name: str
    vmid: str
    def __init__(self, uuid: _Optional[str] = ..., domain_name: _Optional[str] = ..., vmid: _Optional[str] = ...) -> None: ...

class AdoptGuestsRequest(_message.Message):
    __slots__ = ("hostname", "domains", "labels", "validate_only", "request_id")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    domains: _containers.RepeatedCompositeFieldContainer[AdoptSelection]
    labels: _containers.ScalarMap[str, str]
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., domains: _Optional[_Iterable[_Union[AdoptSelection, _Mapping]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class Adoption(_message.Message):
    __slots__ = ("uuid", "domain_name", "verdict", "detail", "guest")
    UUID_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    GUEST_FIELD_NUMBER: _ClassVar[int]
    uuid: str
    domain_name: str
    verdict: AdoptVerdict
    detail: str
    guest: _guest_pb2.Guest
    def __init__(self, uuid: _Optional[str] = ..., domain_name: _Optional[str] = ..., verdict: _Optional[_Union[AdoptVerdict, str]] = ..., detail: _Optional[str] = ..., guest: _Optional[_Union[_guest_pb2.Guest, _Mapping]] = ...) -> None: ...

class AdoptGuestsResponse(_message.Message):
    __slots__ = ("adoptions",)
    ADOPTIONS_FIELD_NUMBER: _ClassVar[int]
    adoptions: _containers.RepeatedCompositeFieldContainer[Adoption]
    def __init__(self, adoptions: _Optional[_Iterable[_Union[Adoption, _Mapping]]] = ...) -> None: ...

class StartGuestRequest(_message.Message):
    __slots__ = ("vmid", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class StopGuestRequest(_message.Message):
    __slots__ = ("vmid", "grace_s", "force", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    GRACE_S_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    grace_s: int
    force: bool
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., grace_s: _Optional[int] = ..., force: bool = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class StopGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class RebootGuestRequest(_message.Message):
    __slots__ = ("vmid", "force", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    force: bool
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., force: bool = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class RebootGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class PauseGuestRequest(_message.Message):
    __slots__ = ("vmid", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class PauseGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class ResumeGuestRequest(_message.Message):
    __slots__ = ("vmid", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class ConsoleTarget(_message.Message):
    __slots__ = ("vmid",)
    VMID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    def __init__(self, vmid: _Optional[str] = ...) -> None: ...

class OpenConsoleRequest(_message.Message):
    __slots__ = ("target", "input")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    target: ConsoleTarget
    input: bytes
    def __init__(self, target: _Optional[_Union[ConsoleTarget, _Mapping]] = ..., input: _Optional[bytes] = ...) -> None: ...

class OpenConsoleResponse(_message.Message):
    __slots__ = ("output",)
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    output: bytes
    def __init__(self, output: _Optional[bytes] = ...) -> None: ...

class ExportGuestsRequest(_message.Message):
    __slots__ = ("filter",)
    FILTER_FIELD_NUMBER: _ClassVar[int]
    filter: _guest_pb2.GuestFilter
    def __init__(self, filter: _Optional[_Union[_guest_pb2.GuestFilter, _Mapping]] = ...) -> None: ...

class ExportGuestsResponse(_message.Message):
    __slots__ = ("vmid", "hostname", "xml")
    VMID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    XML_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    hostname: str
    xml: str
    def __init__(self, vmid: _Optional[str] = ..., hostname: _Optional[str] = ..., xml: _Optional[str] = ...) -> None: ...

class BaseGuestSource(_message.Message):
    __slots__ = ("hostname", "domain_name")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_NAME_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    domain_name: str
    def __init__(self, hostname: _Optional[str] = ..., domain_name: _Optional[str] = ...) -> None: ...

class ImportBaseGuestRequest(_message.Message):
    __slots__ = ("name", "xml", "from_guest", "images", "replace", "revision", "validate_only", "request_id")
    class ImagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    XML_FIELD_NUMBER: _ClassVar[int]
    FROM_GUEST_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    xml: str
    from_guest: BaseGuestSource
    images: _containers.ScalarMap[str, str]
    replace: bool
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, name: _Optional[str] = ..., xml: _Optional[str] = ..., from_guest: _Optional[_Union[BaseGuestSource, _Mapping]] = ..., images: _Optional[_Mapping[str, str]] = ..., replace: bool = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportBaseGuestResponse(_message.Message):
    __slots__ = ("base_guest",)
    BASE_GUEST_FIELD_NUMBER: _ClassVar[int]
    base_guest: _base_guest_pb2.BaseGuest
    def __init__(self, base_guest: _Optional[_Union[_base_guest_pb2.BaseGuest, _Mapping]] = ...) -> None: ...

class ListBaseGuestsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBaseGuestsResponse(_message.Message):
    __slots__ = ("base_guests", "next_page_token", "revision")
    BASE_GUESTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    base_guests: _containers.RepeatedCompositeFieldContainer[_base_guest_pb2.BaseGuest]
    next_page_token: str
    revision: int
    def __init__(self, base_guests: _Optional[_Iterable[_Union[_base_guest_pb2.BaseGuest, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteBaseGuestRequest(_message.Message):
    __slots__ = ("name", "revision", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteBaseGuestResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
