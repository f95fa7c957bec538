from virtdc.v1 import migration_pb2 as _migration_pb2
from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import placement_pb2 as _placement_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MigrateGuestRequest(_message.Message):
    __slots__ = ("vmid", "source_host", "dest_host", "policy", "revision", "request_id")
    VMID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HOST_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    source_host: str
    dest_host: str
    policy: _migration_pb2.MigrationPolicy
    revision: int
    request_id: str
    def __init__(self, vmid: _Optional[str] = ..., source_host: _Optional[str] = ..., dest_host: _Optional[str] = ..., policy: _Optional[_Union[_migration_pb2.MigrationPolicy, _Mapping]] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class MigrateGuestResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class CheckMigrationRequest(_message.Message):
    __slots__ = ("vmid", "dest_host", "policy")
    VMID_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    vmid: str
    dest_host: str
    policy: _migration_pb2.MigrationPolicy
    def __init__(self, vmid: _Optional[str] = ..., dest_host: _Optional[str] = ..., policy: _Optional[_Union[_migration_pb2.MigrationPolicy, _Mapping]] = ...) -> None: ...

class CheckMigrationResponse(_message.Message):
    __slots__ = ("source_host", "dest_host", "checks", "forecast", "copies_disks", "arrives_paused", "decision")
    SOURCE_HOST_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    COPIES_DISKS_FIELD_NUMBER: _ClassVar[int]
    ARRIVES_PAUSED_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    source_host: str
    dest_host: str
    checks: _containers.RepeatedCompositeFieldContainer[_migration_pb2.MigrationCheck]
    forecast: _migration_pb2.MigrationForecast
    copies_disks: bool
    arrives_paused: bool
    decision: _placement_pb2.PlacementSummary
    def __init__(self, source_host: _Optional[str] = ..., dest_host: _Optional[str] = ..., checks: _Optional[_Iterable[_Union[_migration_pb2.MigrationCheck, _Mapping]]] = ..., forecast: _Optional[_Union[_migration_pb2.MigrationForecast, _Mapping]] = ..., copies_disks: bool = ..., arrives_paused: bool = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ...) -> None: ...

class GetMigrationRequest(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: str
    def __init__(self, operation: _Optional[str] = ...) -> None: ...

class GetMigrationResponse(_message.Message):
    __slots__ = ("migration",)
    MIGRATION_FIELD_NUMBER: _ClassVar[int]
    migration: _migration_pb2.GuestMigration
    def __init__(self, migration: _Optional[_Union[_migration_pb2.GuestMigration, _Mapping]] = ...) -> None: ...

class ListMigrationsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _migration_pb2.MigrationFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_migration_pb2.MigrationFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMigrationsResponse(_message.Message):
    __slots__ = ("migrations", "next_page_token", "revision")
    MIGRATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    migrations: _containers.RepeatedCompositeFieldContainer[_migration_pb2.GuestMigration]
    next_page_token: str
    revision: int
    def __init__(self, migrations: _Optional[_Iterable[_Union[_migration_pb2.GuestMigration, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class WatchMigrationRequest(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: str
    def __init__(self, operation: _Optional[str] = ...) -> None: ...

class WatchMigrationResponse(_message.Message):
    __slots__ = ("migration",)
    MIGRATION_FIELD_NUMBER: _ClassVar[int]
    migration: _migration_pb2.GuestMigration
    def __init__(self, migration: _Optional[_Union[_migration_pb2.GuestMigration, _Mapping]] = ...) -> None: ...

class CancelMigrationRequest(_message.Message):
    __slots__ = ("operation", "request_id")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    operation: str
    request_id: str
    def __init__(self, operation: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelMigrationResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...
