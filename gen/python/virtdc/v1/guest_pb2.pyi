import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from virtdc.v1 import cause_pb2 as _cause_pb2
from virtdc.v1 import image_pb2 as _image_pb2
from virtdc.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GuestState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUEST_STATE_UNSPECIFIED: _ClassVar[GuestState]
    GUEST_STATE_PENDING: _ClassVar[GuestState]
    GUEST_STATE_STARTING: _ClassVar[GuestState]
    GUEST_STATE_RUNNING: _ClassVar[GuestState]
    GUEST_STATE_PAUSED: _ClassVar[GuestState]
    GUEST_STATE_MIGRATING: _ClassVar[GuestState]
    GUEST_STATE_STOPPED: _ClassVar[GuestState]
    GUEST_STATE_TERMINATING: _ClassVar[GuestState]
    GUEST_STATE_LOST: _ClassVar[GuestState]
    GUEST_STATE_UNKNOWN: _ClassVar[GuestState]

class RestartPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESTART_POLICY_UNSPECIFIED: _ClassVar[RestartPolicy]
    RESTART_POLICY_NEVER: _ClassVar[RestartPolicy]
    RESTART_POLICY_WITH_HOST: _ClassVar[RestartPolicy]
    RESTART_POLICY_ON_HOST_FAILURE: _ClassVar[RestartPolicy]

class DiskRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISK_ROLE_UNSPECIFIED: _ClassVar[DiskRole]
    DISK_ROLE_DISK: _ClassVar[DiskRole]
    DISK_ROLE_SEED: _ClassVar[DiskRole]

class NicKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NIC_KIND_UNSPECIFIED: _ClassVar[NicKind]
    NIC_KIND_NETWORK: _ClassVar[NicKind]
    NIC_KIND_BRIDGE: _ClassVar[NicKind]

class ClaimKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLAIM_KIND_UNSPECIFIED: _ClassVar[ClaimKind]
    CLAIM_KIND_GUEST: _ClassVar[ClaimKind]
    CLAIM_KIND_INCOMING: _ClassVar[ClaimKind]
GUEST_STATE_UNSPECIFIED: GuestState
GUEST_STATE_PENDING: GuestState
GUEST_STATE_STARTING: GuestState
GUEST_STATE_RUNNING: GuestState
GUEST_STATE_PAUSED: GuestState
GUEST_STATE_MIGRATING: GuestState
GUEST_STATE_STOPPED: GuestState
GUEST_STATE_TERMINATING: GuestState
GUEST_STATE_LOST: GuestState
GUEST_STATE_UNKNOWN: GuestState
RESTART_POLICY_UNSPECIFIED: RestartPolicy
RESTART_POLICY_NEVER: RestartPolicy
RESTART_POLICY_WITH_HOST: RestartPolicy
RESTART_POLICY_ON_HOST_FAILURE: RestartPolicy
DISK_ROLE_UNSPECIFIED: DiskRole
DISK_ROLE_DISK: DiskRole
DISK_ROLE_SEED: DiskRole
NIC_KIND_UNSPECIFIED: NicKind
NIC_KIND_NETWORK: NicKind
NIC_KIND_BRIDGE: NicKind
CLAIM_KIND_UNSPECIFIED: ClaimKind
CLAIM_KIND_GUEST: ClaimKind
CLAIM_KIND_INCOMING: ClaimKind

class GuestDisk(_message.Message):
    __slots__ = ("target", "pool", "volume", "path", "format", "base_image", "capacity_kib", "role", "made_by_virtdc")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    BASE_IMAGE_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KIB_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    MADE_BY_VIRTDC_FIELD_NUMBER: _ClassVar[int]
    target: str
    pool: str
    volume: str
    path: str
    format: _image_pb2.DiskFormat
    base_image: str
    capacity_kib: int
    role: DiskRole
    made_by_virtdc: bool
    def __init__(self, target: _Optional[str] = ..., pool: _Optional[str] = ..., volume: _Optional[str] = ..., path: _Optional[str] = ..., format: _Optional[_Union[_image_pb2.DiskFormat, str]] = ..., base_image: _Optional[str] = ..., capacity_kib: _Optional[int] = ..., role: _Optional[_Union[DiskRole, str]] = ..., made_by_virtdc: bool = ...) -> None: ...

class Nic(_message.Message):
    __slots__ = ("kind", "source", "mac")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    kind: NicKind
    source: str
    mac: str
    def __init__(self, kind: _Optional[_Union[NicKind, str]] = ..., source: _Optional[str] = ..., mac: _Optional[str] = ...) -> None: ...

class GuestObservation(_message.Message):
    __slots__ = ("observe_time", "plugged_cpu", "online_cpu", "balloon_kib", "boot_id", "addresses")
    OBSERVE_TIME_FIELD_NUMBER: _ClassVar[int]
    PLUGGED_CPU_FIELD_NUMBER: _ClassVar[int]
    ONLINE_CPU_FIELD_NUMBER: _ClassVar[int]
    BALLOON_KIB_FIELD_NUMBER: _ClassVar[int]
    BOOT_ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    observe_time: _timestamp_pb2.Timestamp
    plugged_cpu: int
    online_cpu: int
    balloon_kib: int
    boot_id: str
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, observe_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., plugged_cpu: _Optional[int] = ..., online_cpu: _Optional[int] = ..., balloon_kib: _Optional[int] = ..., boot_id: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class GuestClaim(_message.Message):
    __slots__ = ("hostname", "kind", "resources", "retake_kib")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    RETAKE_KIB_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    kind: ClaimKind
    resources: _resources_pb2.Resources
    retake_kib: int
    def __init__(self, hostname: _Optional[str] = ..., kind: _Optional[_Union[ClaimKind, str]] = ..., resources: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., retake_kib: _Optional[int] = ...) -> None: ...

class Guest(_message.Message):
    __slots__ = ("vmid", "uuid", "domain_name", "hostname", "state", "state_reason", "current_cpu", "max_cpu", "current_memory_kib", "max_memory_kib", "io_kib", "observed", "claims", "operation", "labels", "disks", "nics", "base_guest", "adopted", "persistent", "restart_policy", "created_by", "created_by_request_id", "create_time", "revision", "cause", "priority")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VMID_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_NAME_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    CURRENT_CPU_FIELD_NUMBER: _ClassVar[int]
    MAX_CPU_FIELD_NUMBER: _ClassVar[int]
    CURRENT_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    IO_KIB_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DISKS_FIELD_NUMBER: _ClassVar[int]
    NICS_FIELD_NUMBER: _ClassVar[int]
    BASE_GUEST_FIELD_NUMBER: _ClassVar[int]
    ADOPTED_FIELD_NUMBER: _ClassVar[int]
    PERSISTENT_FIELD_NUMBER: _ClassVar[int]
    RESTART_POLICY_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    uuid: str
    domain_name: str
    hostname: str
    state: GuestState
    state_reason: str
    current_cpu: int
    max_cpu: int
    current_memory_kib: int
    max_memory_kib: int
    io_kib: int
    observed: GuestObservation
    claims: _containers.RepeatedCompositeFieldContainer[GuestClaim]
    operation: str
    labels: _containers.ScalarMap[str, str]
    disks: _containers.RepeatedCompositeFieldContainer[GuestDisk]
    nics: _containers.RepeatedCompositeFieldContainer[Nic]
    base_guest: str
    adopted: bool
    persistent: bool
    restart_policy: RestartPolicy
    created_by: str
    created_by_request_id: str
    create_time: _timestamp_pb2.Timestamp
    revision: int
    cause: _cause_pb2.Cause
    priority: int
    def __init__(self, vmid: _Optional[str] = ..., uuid: _Optional[str] = ..., domain_name: _Optional[str] = ..., hostname: _Optional[str] = ..., state: _Optional[_Union[GuestState, str]] = ..., state_reason: _Optional[str] = ..., current_cpu: _Optional[int] = ..., max_cpu: _Optional[int] = ..., current_memory_kib: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., io_kib: _Optional[int] = ..., observed: _Optional[_Union[GuestObservation, _Mapping]] = ..., claims: _Optional[_Iterable[_Union[GuestClaim, _Mapping]]] = ..., operation: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., disks: _Optional[_Iterable[_Union[GuestDisk, _Mapping]]] = ..., nics: _Optional[_Iterable[_Union[Nic, _Mapping]]] = ..., base_guest: _Optional[str] = ..., adopted: bool = ..., persistent: bool = ..., restart_policy: _Optional[_Union[RestartPolicy, str]] = ..., created_by: _Optional[str] = ..., created_by_request_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., cause: _Optional[_Union[_cause_pb2.Cause, _Mapping]] = ..., priority: _Optional[int] = ...) -> None: ...

class GuestFilter(_message.Message):
    __slots__ = ("vmids", "hostnames", "states", "labels", "base_guest")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VMIDS_FIELD_NUMBER: _ClassVar[int]
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    BASE_GUEST_FIELD_NUMBER: _ClassVar[int]
    vmids: _containers.RepeatedScalarFieldContainer[str]
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    states: _containers.RepeatedScalarFieldContainer[GuestState]
    labels: _containers.ScalarMap[str, str]
    base_guest: str
    def __init__(self, vmids: _Optional[_Iterable[str]] = ..., hostnames: _Optional[_Iterable[str]] = ..., states: _Optional[_Iterable[_Union[GuestState, str]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., base_guest: _Optional[str] = ...) -> None: ...
