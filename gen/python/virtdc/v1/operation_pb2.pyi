import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from virtdc.v1 import migration_pb2 as _migration_pb2
from virtdc.v1 import operation_state_pb2 as _operation_state_pb2
from virtdc.v1 import placement_pb2 as _placement_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OperationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_KIND_UNSPECIFIED: _ClassVar[OperationKind]
    OPERATION_KIND_CREATE_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_TERMINATE_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_START_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_STOP_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_REBOOT_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_PAUSE_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_RESUME_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_MIGRATE_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_SCALE_CPU: _ClassVar[OperationKind]
    OPERATION_KIND_SCALE_MEMORY: _ClassVar[OperationKind]
    OPERATION_KIND_RESTART_GUEST: _ClassVar[OperationKind]
    OPERATION_KIND_CONFIRM_HOST_DEAD: _ClassVar[OperationKind]
    OPERATION_KIND_FENCE_HOST: _ClassVar[OperationKind]
OPERATION_KIND_UNSPECIFIED: OperationKind
OPERATION_KIND_CREATE_GUEST: OperationKind
OPERATION_KIND_TERMINATE_GUEST: OperationKind
OPERATION_KIND_START_GUEST: OperationKind
OPERATION_KIND_STOP_GUEST: OperationKind
OPERATION_KIND_REBOOT_GUEST: OperationKind
OPERATION_KIND_PAUSE_GUEST: OperationKind
OPERATION_KIND_RESUME_GUEST: OperationKind
OPERATION_KIND_MIGRATE_GUEST: OperationKind
OPERATION_KIND_SCALE_CPU: OperationKind
OPERATION_KIND_SCALE_MEMORY: OperationKind
OPERATION_KIND_RESTART_GUEST: OperationKind
OPERATION_KIND_CONFIRM_HOST_DEAD: OperationKind
OPERATION_KIND_FENCE_HOST: OperationKind

class OperationError(_message.Message):
    __slots__ = ("reason", "message", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("name", "kind", "target", "parent", "principal", "state", "step", "progress_percent", "error", "migration", "decision", "create_time", "start_time", "end_time", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    MIGRATION_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: OperationKind
    target: str
    parent: str
    principal: str
    state: _operation_state_pb2.OperationState
    step: str
    progress_percent: int
    error: OperationError
    migration: _migration_pb2.MigrationResult
    decision: _placement_pb2.PlacementSummary
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[OperationKind, str]] = ..., target: _Optional[str] = ..., parent: _Optional[str] = ..., principal: _Optional[str] = ..., state: _Optional[_Union[_operation_state_pb2.OperationState, str]] = ..., step: _Optional[str] = ..., progress_percent: _Optional[int] = ..., error: _Optional[_Union[OperationError, _Mapping]] = ..., migration: _Optional[_Union[_migration_pb2.MigrationResult, _Mapping]] = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class OperationFilter(_message.Message):
    __slots__ = ("targets", "kinds", "states", "parent")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[OperationKind]
    states: _containers.RepeatedScalarFieldContainer[_operation_state_pb2.OperationState]
    parent: str
    def __init__(self, targets: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[_Union[OperationKind, str]]] = ..., states: _Optional[_Iterable[_Union[_operation_state_pb2.OperationState, str]]] = ..., parent: _Optional[str] = ...) -> None: ...
