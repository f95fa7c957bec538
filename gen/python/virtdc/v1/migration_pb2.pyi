import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from virtdc.v1 import check_pb2 as _check_pb2
from virtdc.v1 import operation_state_pb2 as _operation_state_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnTimeout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_TIMEOUT_UNSPECIFIED: _ClassVar[OnTimeout]
    ON_TIMEOUT_ABORT: _ClassVar[OnTimeout]
    ON_TIMEOUT_POSTCOPY: _ClassVar[OnTimeout]

class MigrationCheckKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MIGRATION_CHECK_KIND_UNSPECIFIED: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_GUEST_STATE: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_HOST_STATE: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_SPACE: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_CONNECTION: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_CPU_MODEL: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_MACHINE_TYPE: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_STORAGE: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_NETWORK: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_HOST_DEVICES: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_TPM: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_NVRAM: _ClassVar[MigrationCheckKind]
    MIGRATION_CHECK_KIND_CONVERGENCE: _ClassVar[MigrationCheckKind]
ON_TIMEOUT_UNSPECIFIED: OnTimeout
ON_TIMEOUT_ABORT: OnTimeout
ON_TIMEOUT_POSTCOPY: OnTimeout
MIGRATION_CHECK_KIND_UNSPECIFIED: MigrationCheckKind
MIGRATION_CHECK_KIND_GUEST_STATE: MigrationCheckKind
MIGRATION_CHECK_KIND_HOST_STATE: MigrationCheckKind
MIGRATION_CHECK_KIND_SPACE: MigrationCheckKind
MIGRATION_CHECK_KIND_CONNECTION: MigrationCheckKind
MIGRATION_CHECK_KIND_CPU_MODEL: MigrationCheckKind
MIGRATION_CHECK_KIND_MACHINE_TYPE: MigrationCheckKind
MIGRATION_CHECK_KIND_STORAGE: MigrationCheckKind
MIGRATION_CHECK_KIND_NETWORK: MigrationCheckKind
MIGRATION_CHECK_KIND_HOST_DEVICES: MigrationCheckKind
MIGRATION_CHECK_KIND_TPM: MigrationCheckKind
MIGRATION_CHECK_KIND_NVRAM: MigrationCheckKind
MIGRATION_CHECK_KIND_CONVERGENCE: MigrationCheckKind

class MigrationPolicy(_message.Message):
    __slots__ = ("bandwidth_mib_per_s", "max_downtime_ms", "completion_timeout_s", "on_timeout", "auto_converge", "stall_timeout_s")
    BANDWIDTH_MIB_PER_S_FIELD_NUMBER: _ClassVar[int]
    MAX_DOWNTIME_MS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    ON_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    AUTO_CONVERGE_FIELD_NUMBER: _ClassVar[int]
    STALL_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    bandwidth_mib_per_s: int
    max_downtime_ms: int
    completion_timeout_s: int
    on_timeout: OnTimeout
    auto_converge: bool
    stall_timeout_s: int
    def __init__(self, bandwidth_mib_per_s: _Optional[int] = ..., max_downtime_ms: _Optional[int] = ..., completion_timeout_s: _Optional[int] = ..., on_timeout: _Optional[_Union[OnTimeout, str]] = ..., auto_converge: bool = ..., stall_timeout_s: _Optional[int] = ...) -> None: ...

class MigrationForecast(_message.Message):
    __slots__ = ("bytes_total", "dirty_bytes_per_s", "bandwidth_bytes_per_s", "total_ms", "blackout_ms", "converges")
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DIRTY_BYTES_PER_S_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_BYTES_PER_S_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    BLACKOUT_MS_FIELD_NUMBER: _ClassVar[int]
    CONVERGES_FIELD_NUMBER: _ClassVar[int]
    bytes_total: int
    dirty_bytes_per_s: int
    bandwidth_bytes_per_s: int
    total_ms: int
    blackout_ms: int
    converges: _check_pb2.CheckVerdict
    def __init__(self, bytes_total: _Optional[int] = ..., dirty_bytes_per_s: _Optional[int] = ..., bandwidth_bytes_per_s: _Optional[int] = ..., total_ms: _Optional[int] = ..., blackout_ms: _Optional[int] = ..., converges: _Optional[_Union[_check_pb2.CheckVerdict, str]] = ...) -> None: ...

class MigrationResult(_message.Message):
    __slots__ = ("total_ms", "blackout_ms", "downtime_ms", "bytes_total")
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    BLACKOUT_MS_FIELD_NUMBER: _ClassVar[int]
    DOWNTIME_MS_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    total_ms: int
    blackout_ms: int
    downtime_ms: int
    bytes_total: int
    def __init__(self, total_ms: _Optional[int] = ..., blackout_ms: _Optional[int] = ..., downtime_ms: _Optional[int] = ..., bytes_total: _Optional[int] = ...) -> None: ...

class MigrationProgress(_message.Message):
    __slots__ = ("percent", "elapsed_ms", "bytes_total", "bytes_processed", "bytes_remaining", "dirty_bytes_per_s", "bandwidth_bytes_per_s", "iteration", "throttle_percent")
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_PROCESSED_FIELD_NUMBER: _ClassVar[int]
    BYTES_REMAINING_FIELD_NUMBER: _ClassVar[int]
    DIRTY_BYTES_PER_S_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_BYTES_PER_S_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    THROTTLE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    percent: int
    elapsed_ms: int
    bytes_total: int
    bytes_processed: int
    bytes_remaining: int
    dirty_bytes_per_s: int
    bandwidth_bytes_per_s: int
    iteration: int
    throttle_percent: int
    def __init__(self, percent: _Optional[int] = ..., elapsed_ms: _Optional[int] = ..., bytes_total: _Optional[int] = ..., bytes_processed: _Optional[int] = ..., bytes_remaining: _Optional[int] = ..., dirty_bytes_per_s: _Optional[int] = ..., bandwidth_bytes_per_s: _Optional[int] = ..., iteration: _Optional[int] = ..., throttle_percent: _Optional[int] = ...) -> None: ...

class GuestMigration(_message.Message):
    __slots__ = ("operation", "vmid", "source_host", "dest_host", "state", "step", "policy", "copies_disks", "arrives_paused", "progress", "forecast", "result", "failure", "create_time", "start_time", "end_time", "revision")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HOST_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    COPIES_DISKS_FIELD_NUMBER: _ClassVar[int]
    ARRIVES_PAUSED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    operation: str
    vmid: str
    source_host: str
    dest_host: str
    state: _operation_state_pb2.OperationState
    step: str
    policy: MigrationPolicy
    copies_disks: bool
    arrives_paused: bool
    progress: MigrationProgress
    forecast: MigrationForecast
    result: MigrationResult
    failure: str
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, operation: _Optional[str] = ..., vmid: _Optional[str] = ..., source_host: _Optional[str] = ..., dest_host: _Optional[str] = ..., state: _Optional[_Union[_operation_state_pb2.OperationState, str]] = ..., step: _Optional[str] = ..., policy: _Optional[_Union[MigrationPolicy, _Mapping]] = ..., copies_disks: bool = ..., arrives_paused: bool = ..., progress: _Optional[_Union[MigrationProgress, _Mapping]] = ..., forecast: _Optional[_Union[MigrationForecast, _Mapping]] = ..., result: _Optional[_Union[MigrationResult, _Mapping]] = ..., failure: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class MigrationFilter(_message.Message):
    __slots__ = ("vmids", "source_hosts", "dest_hosts", "states")
    VMIDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HOSTS_FIELD_NUMBER: _ClassVar[int]
    DEST_HOSTS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    vmids: _containers.RepeatedScalarFieldContainer[str]
    source_hosts: _containers.RepeatedScalarFieldContainer[str]
    dest_hosts: _containers.RepeatedScalarFieldContainer[str]
    states: _containers.RepeatedScalarFieldContainer[_operation_state_pb2.OperationState]
    def __init__(self, vmids: _Optional[_Iterable[str]] = ..., source_hosts: _Optional[_Iterable[str]] = ..., dest_hosts: _Optional[_Iterable[str]] = ..., states: _Optional[_Iterable[_Union[_operation_state_pb2.OperationState, str]]] = ...) -> None: ...

class MigrationCheck(_message.Message):
    __slots__ = ("kind", "verdict", "detail", "fix")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    FIX_FIELD_NUMBER: _ClassVar[int]
    kind: MigrationCheckKind
    verdict: _check_pb2.CheckVerdict
    detail: str
    fix: str
    def __init__(self, kind: _Optional[_Union[MigrationCheckKind, str]] = ..., verdict: _Optional[_Union[_check_pb2.CheckVerdict, str]] = ..., detail: _Optional[str] = ..., fix: _Optional[str] = ...) -> None: ...
