import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from virtdc.v1 import cause_pb2 as _cause_pb2
from virtdc.v1 import check_pb2 as _check_pb2
from virtdc.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HostAdminState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_ADMIN_STATE_UNSPECIFIED: _ClassVar[HostAdminState]
    HOST_ADMIN_STATE_AVAILABLE: _ClassVar[HostAdminState]
    HOST_ADMIN_STATE_CORDONED: _ClassVar[HostAdminState]

class HostCondition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_CONDITION_UNSPECIFIED: _ClassVar[HostCondition]
    HOST_CONDITION_READY: _ClassVar[HostCondition]
    HOST_CONDITION_SUSPECT: _ClassVar[HostCondition]
    HOST_CONDITION_UNREACHABLE: _ClassVar[HostCondition]
    HOST_CONDITION_DEAD: _ClassVar[HostCondition]

class HostWarning(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_WARNING_UNSPECIFIED: _ClassVar[HostWarning]
    HOST_WARNING_DECLARED_OVER_OBSERVED: _ClassVar[HostWarning]
    HOST_WARNING_OVERCOMMITTED: _ClassVar[HostWarning]

class HostCheckKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_CHECK_KIND_UNSPECIFIED: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_CONNECTION: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_IDENTITY: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_VERSION: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_CAPACITY: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_CPU: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_POOLS: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_NETWORKS: _ClassVar[HostCheckKind]
    HOST_CHECK_KIND_CLOCK: _ClassVar[HostCheckKind]
HOST_ADMIN_STATE_UNSPECIFIED: HostAdminState
HOST_ADMIN_STATE_AVAILABLE: HostAdminState
HOST_ADMIN_STATE_CORDONED: HostAdminState
HOST_CONDITION_UNSPECIFIED: HostCondition
HOST_CONDITION_READY: HostCondition
HOST_CONDITION_SUSPECT: HostCondition
HOST_CONDITION_UNREACHABLE: HostCondition
HOST_CONDITION_DEAD: HostCondition
HOST_WARNING_UNSPECIFIED: HostWarning
HOST_WARNING_DECLARED_OVER_OBSERVED: HostWarning
HOST_WARNING_OVERCOMMITTED: HostWarning
HOST_CHECK_KIND_UNSPECIFIED: HostCheckKind
HOST_CHECK_KIND_CONNECTION: HostCheckKind
HOST_CHECK_KIND_IDENTITY: HostCheckKind
HOST_CHECK_KIND_VERSION: HostCheckKind
HOST_CHECK_KIND_CAPACITY: HostCheckKind
HOST_CHECK_KIND_CPU: HostCheckKind
HOST_CHECK_KIND_POOLS: HostCheckKind
HOST_CHECK_KIND_NETWORKS: HostCheckKind
HOST_CHECK_KIND_CLOCK: HostCheckKind

class HostFacts(_message.Message):
    __slots__ = ("cpu", "memory_kib", "libvirt_hostname", "libvirt_uuid", "libvirt_version", "hypervisor_version", "arch", "cpu_model", "pools", "networks", "bridges", "machine_types", "cpu_unplug")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    LIBVIRT_HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    LIBVIRT_UUID_FIELD_NUMBER: _ClassVar[int]
    LIBVIRT_VERSION_FIELD_NUMBER: _ClassVar[int]
    HYPERVISOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    ARCH_FIELD_NUMBER: _ClassVar[int]
    CPU_MODEL_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    BRIDGES_FIELD_NUMBER: _ClassVar[int]
    MACHINE_TYPES_FIELD_NUMBER: _ClassVar[int]
    CPU_UNPLUG_FIELD_NUMBER: _ClassVar[int]
    cpu: int
    memory_kib: int
    libvirt_hostname: str
    libvirt_uuid: str
    libvirt_version: str
    hypervisor_version: str
    arch: str
    cpu_model: str
    pools: _containers.RepeatedScalarFieldContainer[str]
    networks: _containers.RepeatedScalarFieldContainer[str]
    bridges: _containers.RepeatedScalarFieldContainer[str]
    machine_types: _containers.RepeatedScalarFieldContainer[str]
    cpu_unplug: bool
    def __init__(self, cpu: _Optional[int] = ..., memory_kib: _Optional[int] = ..., libvirt_hostname: _Optional[str] = ..., libvirt_uuid: _Optional[str] = ..., libvirt_version: _Optional[str] = ..., hypervisor_version: _Optional[str] = ..., arch: _Optional[str] = ..., cpu_model: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., networks: _Optional[_Iterable[str]] = ..., bridges: _Optional[_Iterable[str]] = ..., machine_types: _Optional[_Iterable[str]] = ..., cpu_unplug: bool = ...) -> None: ...

class Host(_message.Message):
    __slots__ = ("hostname", "ip_address", "uri", "migration_uri", "admin_state", "condition", "condition_reason", "max_cpu", "max_memory_kib", "max_io_kib", "avail_cpu", "avail_memory_kib", "avail_io_kib", "ratios", "reserve", "claimed", "observed", "warnings", "labels", "zone", "guests", "last_seen_time", "create_time", "revision", "cause", "left_behind")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    MIGRATION_URI_FIELD_NUMBER: _ClassVar[int]
    ADMIN_STATE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    CONDITION_REASON_FIELD_NUMBER: _ClassVar[int]
    MAX_CPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_IO_KIB_FIELD_NUMBER: _ClassVar[int]
    AVAIL_CPU_FIELD_NUMBER: _ClassVar[int]
    AVAIL_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    AVAIL_IO_KIB_FIELD_NUMBER: _ClassVar[int]
    RATIOS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    GUESTS_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    LEFT_BEHIND_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    ip_address: str
    uri: str
    migration_uri: str
    admin_state: HostAdminState
    condition: HostCondition
    condition_reason: str
    max_cpu: int
    max_memory_kib: int
    max_io_kib: int
    avail_cpu: int
    avail_memory_kib: int
    avail_io_kib: int
    ratios: _resources_pb2.AllocationRatios
    reserve: _resources_pb2.Reserve
    claimed: _resources_pb2.Resources
    observed: HostFacts
    warnings: _containers.RepeatedScalarFieldContainer[HostWarning]
    labels: _containers.ScalarMap[str, str]
    zone: str
    guests: int
    last_seen_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    revision: int
    cause: _cause_pb2.Cause
    left_behind: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, hostname: _Optional[str] = ..., ip_address: _Optional[str] = ..., uri: _Optional[str] = ..., migration_uri: _Optional[str] = ..., admin_state: _Optional[_Union[HostAdminState, str]] = ..., condition: _Optional[_Union[HostCondition, str]] = ..., condition_reason: _Optional[str] = ..., max_cpu: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., max_io_kib: _Optional[int] = ..., avail_cpu: _Optional[int] = ..., avail_memory_kib: _Optional[int] = ..., avail_io_kib: _Optional[int] = ..., ratios: _Optional[_Union[_resources_pb2.AllocationRatios, _Mapping]] = ..., reserve: _Optional[_Union[_resources_pb2.Reserve, _Mapping]] = ..., claimed: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., observed: _Optional[_Union[HostFacts, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[HostWarning, str]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., zone: _Optional[str] = ..., guests: _Optional[int] = ..., last_seen_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., cause: _Optional[_Union[_cause_pb2.Cause, _Mapping]] = ..., left_behind: _Optional[_Iterable[str]] = ...) -> None: ...

class HostFilter(_message.Message):
    __slots__ = ("hostnames", "admin_states", "conditions", "labels", "zone")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    ADMIN_STATES_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    admin_states: _containers.RepeatedScalarFieldContainer[HostAdminState]
    conditions: _containers.RepeatedScalarFieldContainer[HostCondition]
    labels: _containers.ScalarMap[str, str]
    zone: str
    def __init__(self, hostnames: _Optional[_Iterable[str]] = ..., admin_states: _Optional[_Iterable[_Union[HostAdminState, str]]] = ..., conditions: _Optional[_Iterable[_Union[HostCondition, str]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., zone: _Optional[str] = ...) -> None: ...

class HostCheck(_message.Message):
    __slots__ = ("hostname", "peer", "kind", "verdict", "detail", "fix")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    FIX_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    peer: str
    kind: HostCheckKind
    verdict: _check_pb2.CheckVerdict
    detail: str
    fix: str
    def __init__(self, hostname: _Optional[str] = ..., peer: _Optional[str] = ..., kind: _Optional[_Union[HostCheckKind, str]] = ..., verdict: _Optional[_Union[_check_pb2.CheckVerdict, str]] = ..., detail: _Optional[str] = ..., fix: _Optional[str] = ...) -> None: ...
