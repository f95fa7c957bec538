from virtdc.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Strategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STRATEGY_UNSPECIFIED: _ClassVar[Strategy]
    STRATEGY_FIRST_FIT: _ClassVar[Strategy]
    STRATEGY_BEST_FIT: _ClassVar[Strategy]
    STRATEGY_WORST_FIT: _ClassVar[Strategy]
    STRATEGY_VECTOR_DOT: _ClassVar[Strategy]

class HostVerdictKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_VERDICT_KIND_UNSPECIFIED: _ClassVar[HostVerdictKind]
    HOST_VERDICT_KIND_CHOSEN: _ClassVar[HostVerdictKind]
    HOST_VERDICT_KIND_FIT_NOT_CHOSEN: _ClassVar[HostVerdictKind]
    HOST_VERDICT_KIND_REJECTED: _ClassVar[HostVerdictKind]

class RejectCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECT_CODE_UNSPECIFIED: _ClassVar[RejectCode]
    REJECT_CODE_INSUFFICIENT_CPU: _ClassVar[RejectCode]
    REJECT_CODE_INSUFFICIENT_MEMORY: _ClassVar[RejectCode]
    REJECT_CODE_INSUFFICIENT_IO: _ClassVar[RejectCode]
    REJECT_CODE_POOL_FULL: _ClassVar[RejectCode]
    REJECT_CODE_HOST_ADMIN_STATE: _ClassVar[RejectCode]
    REJECT_CODE_HOST_CONDITION: _ClassVar[RejectCode]
    REJECT_CODE_HOST_OVERCOMMITTED: _ClassVar[RejectCode]
    REJECT_CODE_EXCLUDED: _ClassVar[RejectCode]
    REJECT_CODE_POOL_MISSING: _ClassVar[RejectCode]
    REJECT_CODE_BASE_IMAGE_MISSING: _ClassVar[RejectCode]
    REJECT_CODE_NETWORK_MISSING: _ClassVar[RejectCode]
    REJECT_CODE_MACHINE_TYPE_MISSING: _ClassVar[RejectCode]
    REJECT_CODE_CPU_INCOMPATIBLE: _ClassVar[RejectCode]
    REJECT_CODE_SAME_MACHINE: _ClassVar[RejectCode]
STRATEGY_UNSPECIFIED: Strategy
STRATEGY_FIRST_FIT: Strategy
STRATEGY_BEST_FIT: Strategy
STRATEGY_WORST_FIT: Strategy
STRATEGY_VECTOR_DOT: Strategy
HOST_VERDICT_KIND_UNSPECIFIED: HostVerdictKind
HOST_VERDICT_KIND_CHOSEN: HostVerdictKind
HOST_VERDICT_KIND_FIT_NOT_CHOSEN: HostVerdictKind
HOST_VERDICT_KIND_REJECTED: HostVerdictKind
REJECT_CODE_UNSPECIFIED: RejectCode
REJECT_CODE_INSUFFICIENT_CPU: RejectCode
REJECT_CODE_INSUFFICIENT_MEMORY: RejectCode
REJECT_CODE_INSUFFICIENT_IO: RejectCode
REJECT_CODE_POOL_FULL: RejectCode
REJECT_CODE_HOST_ADMIN_STATE: RejectCode
REJECT_CODE_HOST_CONDITION: RejectCode
REJECT_CODE_HOST_OVERCOMMITTED: RejectCode
REJECT_CODE_EXCLUDED: RejectCode
REJECT_CODE_POOL_MISSING: RejectCode
REJECT_CODE_BASE_IMAGE_MISSING: RejectCode
REJECT_CODE_NETWORK_MISSING: RejectCode
REJECT_CODE_MACHINE_TYPE_MISSING: RejectCode
REJECT_CODE_CPU_INCOMPATIBLE: RejectCode
REJECT_CODE_SAME_MACHINE: RejectCode

class HostVerdict(_message.Message):
    __slots__ = ("hostname", "verdict", "codes", "required", "available", "shortfall", "score", "rank", "detail")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    SHORTFALL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    verdict: HostVerdictKind
    codes: _containers.RepeatedScalarFieldContainer[RejectCode]
    required: _resources_pb2.Resources
    available: _resources_pb2.Resources
    shortfall: _resources_pb2.Resources
    score: float
    rank: int
    detail: str
    def __init__(self, hostname: _Optional[str] = ..., verdict: _Optional[_Union[HostVerdictKind, str]] = ..., codes: _Optional[_Iterable[_Union[RejectCode, str]]] = ..., required: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., available: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., shortfall: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., score: _Optional[float] = ..., rank: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class PlacementExplanation(_message.Message):
    __slots__ = ("strategy", "hosts", "hosts_considered", "rejected", "revision")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    HOSTS_CONSIDERED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    strategy: Strategy
    hosts: _containers.RepeatedCompositeFieldContainer[HostVerdict]
    hosts_considered: int
    rejected: _containers.RepeatedCompositeFieldContainer[RejectCount]
    revision: int
    def __init__(self, strategy: _Optional[_Union[Strategy, str]] = ..., hosts: _Optional[_Iterable[_Union[HostVerdict, _Mapping]]] = ..., hosts_considered: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[RejectCount, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class RejectCount(_message.Message):
    __slots__ = ("code", "hosts")
    CODE_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    code: RejectCode
    hosts: int
    def __init__(self, code: _Optional[_Union[RejectCode, str]] = ..., hosts: _Optional[int] = ...) -> None: ...

class PlacementSummary(_message.Message):
    __slots__ = ("strategy", "winner", "runner_up", "hosts_considered", "rejected", "revision")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    WINNER_FIELD_NUMBER: _ClassVar[int]
    RUNNER_UP_FIELD_NUMBER: _ClassVar[int]
    HOSTS_CONSIDERED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    strategy: Strategy
    winner: str
    runner_up: str
    hosts_considered: int
    rejected: _containers.RepeatedCompositeFieldContainer[RejectCount]
    revision: int
    def __init__(self, strategy: _Optional[_Union[Strategy, str]] = ..., winner: _Optional[str] = ..., runner_up: _Optional[str] = ..., hosts_considered: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[RejectCount, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class GuestShape(_message.Message):
    __slots__ = ("cpu", "memory_kib", "io_kib", "max_memory_kib", "base_guest", "pool", "network", "bridge")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    IO_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    BASE_GUEST_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_FIELD_NUMBER: _ClassVar[int]
    cpu: int
    memory_kib: int
    io_kib: int
    max_memory_kib: int
    base_guest: str
    pool: str
    network: str
    bridge: str
    def __init__(self, cpu: _Optional[int] = ..., memory_kib: _Optional[int] = ..., io_kib: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., base_guest: _Optional[str] = ..., pool: _Optional[str] = ..., network: _Optional[str] = ..., bridge: _Optional[str] = ...) -> None: ...

class ClusterPolicy(_message.Message):
    __slots__ = ("strategy", "default_ratios", "default_reserve", "default_pool", "revision")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RATIOS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RESERVE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_POOL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    strategy: Strategy
    default_ratios: _resources_pb2.AllocationRatios
    default_reserve: _resources_pb2.Reserve
    default_pool: str
    revision: int
    def __init__(self, strategy: _Optional[_Union[Strategy, str]] = ..., default_ratios: _Optional[_Union[_resources_pb2.AllocationRatios, _Mapping]] = ..., default_reserve: _Optional[_Union[_resources_pb2.Reserve, _Mapping]] = ..., default_pool: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...
