from virtdc.v1 import guest_pb2 as _guest_pb2
from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import placement_pb2 as _placement_pb2
from virtdc.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Seed(_message.Message):
    __slots__ = ("guest_hostname", "ssh_authorized_keys", "user_data")
    GUEST_HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    SSH_AUTHORIZED_KEYS_FIELD_NUMBER: _ClassVar[int]
    USER_DATA_FIELD_NUMBER: _ClassVar[int]
    guest_hostname: str
    ssh_authorized_keys: _containers.RepeatedScalarFieldContainer[str]
    user_data: str
    def __init__(self, guest_hostname: _Optional[str] = ..., ssh_authorized_keys: _Optional[_Iterable[str]] = ..., user_data: _Optional[str] = ...) -> None: ...

class SubmitGuestRequest(_message.Message):
    __slots__ = ("vmid", "cpu", "memory_kib", "io_kib", "max_cpu", "max_memory_kib", "base_guest", "strategy", "pool", "network", "bridge", "mac", "seed", "restart_policy", "labels", "validate_only", "request_id", "priority")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VMID_FIELD_NUMBER: _ClassVar[int]
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    IO_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_CPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    BASE_GUEST_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    RESTART_POLICY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    cpu: int
    memory_kib: int
    io_kib: int
    max_cpu: int
    max_memory_kib: int
    base_guest: str
    strategy: _placement_pb2.Strategy
    pool: str
    network: str
    bridge: str
    mac: str
    seed: Seed
    restart_policy: _guest_pb2.RestartPolicy
    labels: _containers.ScalarMap[str, str]
    validate_only: bool
    request_id: str
    priority: int
    def __init__(self, vmid: _Optional[str] = ..., cpu: _Optional[int] = ..., memory_kib: _Optional[int] = ..., io_kib: _Optional[int] = ..., max_cpu: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., base_guest: _Optional[str] = ..., strategy: _Optional[_Union[_placement_pb2.Strategy, str]] = ..., pool: _Optional[str] = ..., network: _Optional[str] = ..., bridge: _Optional[str] = ..., mac: _Optional[str] = ..., seed: _Optional[_Union[Seed, _Mapping]] = ..., restart_policy: _Optional[_Union[_guest_pb2.RestartPolicy, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., validate_only: bool = ..., request_id: _Optional[str] = ..., priority: _Optional[int] = ...) -> None: ...

class SubmitGuestResponse(_message.Message):
    __slots__ = ("guest", "operation", "decision")
    GUEST_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    guest: _guest_pb2.Guest
    operation: _operation_pb2.Operation
    decision: _placement_pb2.PlacementSummary
    def __init__(self, guest: _Optional[_Union[_guest_pb2.Guest, _Mapping]] = ..., operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ...) -> None: ...

class SubmitGuestsRequest(_message.Message):
    __slots__ = ("guests", "all_or_none", "validate_only", "request_id")
    GUESTS_FIELD_NUMBER: _ClassVar[int]
    ALL_OR_NONE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    guests: _containers.RepeatedCompositeFieldContainer[SubmitGuestRequest]
    all_or_none: bool
    validate_only: bool
    request_id: str
    def __init__(self, guests: _Optional[_Iterable[_Union[SubmitGuestRequest, _Mapping]]] = ..., all_or_none: bool = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class SubmitGuestsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SubmitGuestsResult]
    def __init__(self, results: _Optional[_Iterable[_Union[SubmitGuestsResult, _Mapping]]] = ...) -> None: ...

class SubmitGuestsResult(_message.Message):
    __slots__ = ("accepted", "refused")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    accepted: SubmitGuestResponse
    refused: Refusal
    def __init__(self, accepted: _Optional[_Union[SubmitGuestResponse, _Mapping]] = ..., refused: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code", "reason", "message", "metadata", "violations", "explanation")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    metadata: _containers.ScalarMap[str, str]
    violations: _containers.RepeatedCompositeFieldContainer[FieldViolation]
    explanation: _placement_pb2.PlacementExplanation
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., violations: _Optional[_Iterable[_Union[FieldViolation, _Mapping]]] = ..., explanation: _Optional[_Union[_placement_pb2.PlacementExplanation, _Mapping]] = ...) -> None: ...

class FieldViolation(_message.Message):
    __slots__ = ("field", "description")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class TerminateGuestRequest(_message.Message):
    __slots__ = ("vmid", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class TerminateGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class CheckSpaceRequest(_message.Message):
    __slots__ = ("shape", "strategy")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    shape: _placement_pb2.GuestShape
    strategy: _placement_pb2.Strategy
    def __init__(self, shape: _Optional[_Union[_placement_pb2.GuestShape, _Mapping]] = ..., strategy: _Optional[_Union[_placement_pb2.Strategy, str]] = ...) -> None: ...

class CheckSpaceResponse(_message.Message):
    __slots__ = ("fits", "hostname", "decision")
    FITS_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    fits: bool
    hostname: str
    decision: _placement_pb2.PlacementSummary
    def __init__(self, fits: bool = ..., hostname: _Optional[str] = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ...) -> None: ...

class ExplainPlacementRequest(_message.Message):
    __slots__ = ("shape", "vmid", "strategy")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    shape: _placement_pb2.GuestShape
    vmid: str
    strategy: _placement_pb2.Strategy
    def __init__(self, shape: _Optional[_Union[_placement_pb2.GuestShape, _Mapping]] = ..., vmid: _Optional[str] = ..., strategy: _Optional[_Union[_placement_pb2.Strategy, str]] = ...) -> None: ...

class ExplainPlacementResponse(_message.Message):
    __slots__ = ("explanation",)
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    explanation: _placement_pb2.PlacementExplanation
    def __init__(self, explanation: _Optional[_Union[_placement_pb2.PlacementExplanation, _Mapping]] = ...) -> None: ...

class GetClusterPolicyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetClusterPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: _placement_pb2.ClusterPolicy
    def __init__(self, policy: _Optional[_Union[_placement_pb2.ClusterPolicy, _Mapping]] = ...) -> None: ...

class SetClusterPolicyRequest(_message.Message):
    __slots__ = ("strategy", "default_ratios", "default_reserve", "default_pool", "revision", "request_id")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RATIOS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RESERVE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_POOL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    strategy: _placement_pb2.Strategy
    default_ratios: _resources_pb2.AllocationRatios
    default_reserve: _resources_pb2.Reserve
    default_pool: str
    revision: int
    request_id: str
    def __init__(self, strategy: _Optional[_Union[_placement_pb2.Strategy, str]] = ..., default_ratios: _Optional[_Union[_resources_pb2.AllocationRatios, _Mapping]] = ..., default_reserve: _Optional[_Union[_resources_pb2.Reserve, _Mapping]] = ..., default_pool: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class SetClusterPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: _placement_pb2.ClusterPolicy
    def __init__(self, policy: _Optional[_Union[_placement_pb2.ClusterPolicy, _Mapping]] = ...) -> None: ...
