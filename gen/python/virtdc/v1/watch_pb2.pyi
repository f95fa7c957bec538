from virtdc.v1 import cause_pb2 as _cause_pb2
from virtdc.v1 import guest_pb2 as _guest_pb2
from virtdc.v1 import host_pb2 as _host_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeleteReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELETE_REASON_UNSPECIFIED: _ClassVar[DeleteReason]
    DELETE_REASON_TERMINATED: _ClassVar[DeleteReason]
    DELETE_REASON_FAILED: _ClassVar[DeleteReason]
    DELETE_REASON_REMOVED: _ClassVar[DeleteReason]
    DELETE_REASON_LEFT_FILTER: _ClassVar[DeleteReason]
DELETE_REASON_UNSPECIFIED: DeleteReason
DELETE_REASON_TERMINATED: DeleteReason
DELETE_REASON_FAILED: DeleteReason
DELETE_REASON_REMOVED: DeleteReason
DELETE_REASON_LEFT_FILTER: DeleteReason

class WatchSynced(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchProgress(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GuestDeleted(_message.Message):
    __slots__ = ("vmid", "uuid", "reason", "cause")
    VMID_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    uuid: str
    reason: DeleteReason
    cause: _cause_pb2.Cause
    def __init__(self, vmid: _Optional[str] = ..., uuid: _Optional[str] = ..., reason: _Optional[_Union[DeleteReason, str]] = ..., cause: _Optional[_Union[_cause_pb2.Cause, _Mapping]] = ...) -> None: ...

class GuestEvent(_message.Message):
    __slots__ = ("revision", "upserted", "deleted", "synced", "progress")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPSERTED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    upserted: _guest_pb2.Guest
    deleted: GuestDeleted
    synced: WatchSynced
    progress: WatchProgress
    def __init__(self, revision: _Optional[int] = ..., upserted: _Optional[_Union[_guest_pb2.Guest, _Mapping]] = ..., deleted: _Optional[_Union[GuestDeleted, _Mapping]] = ..., synced: _Optional[_Union[WatchSynced, _Mapping]] = ..., progress: _Optional[_Union[WatchProgress, _Mapping]] = ...) -> None: ...

class HostDeleted(_message.Message):
    __slots__ = ("hostname", "reason", "cause")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    reason: DeleteReason
    cause: _cause_pb2.Cause
    def __init__(self, hostname: _Optional[str] = ..., reason: _Optional[_Union[DeleteReason, str]] = ..., cause: _Optional[_Union[_cause_pb2.Cause, _Mapping]] = ...) -> None: ...

class HostEvent(_message.Message):
    __slots__ = ("revision", "upserted", "deleted", "synced", "progress")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPSERTED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    upserted: _host_pb2.Host
    deleted: HostDeleted
    synced: WatchSynced
    progress: WatchProgress
    def __init__(self, revision: _Optional[int] = ..., upserted: _Optional[_Union[_host_pb2.Host, _Mapping]] = ..., deleted: _Optional[_Union[HostDeleted, _Mapping]] = ..., synced: _Optional[_Union[WatchSynced, _Mapping]] = ..., progress: _Optional[_Union[WatchProgress, _Mapping]] = ...) -> None: ...
