from virtdc.v1 import host_pb2 as _host_pb2
from virtdc.v1 import image_pb2 as _image_pb2
from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import pool_pb2 as _pool_pb2
from virtdc.v1 import resources_pb2 as _resources_pb2
from virtdc.v1 import watch_pb2 as _watch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeInfoChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_INFO_CHANGE_KIND_UNSPECIFIED: _ClassVar[NodeInfoChangeKind]
    NODE_INFO_CHANGE_KIND_ADDED: _ClassVar[NodeInfoChangeKind]
    NODE_INFO_CHANGE_KIND_UPDATED: _ClassVar[NodeInfoChangeKind]
    NODE_INFO_CHANGE_KIND_UNCHANGED: _ClassVar[NodeInfoChangeKind]
    NODE_INFO_CHANGE_KIND_ABSENT: _ClassVar[NodeInfoChangeKind]
    NODE_INFO_CHANGE_KIND_REMOVED: _ClassVar[NodeInfoChangeKind]
NODE_INFO_CHANGE_KIND_UNSPECIFIED: NodeInfoChangeKind
NODE_INFO_CHANGE_KIND_ADDED: NodeInfoChangeKind
NODE_INFO_CHANGE_KIND_UPDATED: NodeInfoChangeKind
NODE_INFO_CHANGE_KIND_UNCHANGED: NodeInfoChangeKind
NODE_INFO_CHANGE_KIND_ABSENT: NodeInfoChangeKind
NODE_INFO_CHANGE_KIND_REMOVED: NodeInfoChangeKind

class ImportNodeInfoRequest(_message.Message):
    __slots__ = ("xml", "prune", "validate_only", "request_id")
    XML_FIELD_NUMBER: _ClassVar[int]
    PRUNE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    xml: str
    prune: bool
    validate_only: bool
    request_id: str
    def __init__(self, xml: _Optional[str] = ..., prune: bool = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class NodeInfoField(_message.Message):
    __slots__ = ("field", "before", "after")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    field: str
    before: str
    after: str
    def __init__(self, field: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class NodeInfoChange(_message.Message):
    __slots__ = ("hostname", "kind", "fields", "over", "detail")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    OVER_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    kind: NodeInfoChangeKind
    fields: _containers.RepeatedCompositeFieldContainer[NodeInfoField]
    over: _resources_pb2.Resources
    detail: str
    def __init__(self, hostname: _Optional[str] = ..., kind: _Optional[_Union[NodeInfoChangeKind, str]] = ..., fields: _Optional[_Iterable[_Union[NodeInfoField, _Mapping]]] = ..., over: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., detail: _Optional[str] = ...) -> None: ...

class ImportNodeInfoResponse(_message.Message):
    __slots__ = ("changes",)
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[NodeInfoChange]
    def __init__(self, changes: _Optional[_Iterable[_Union[NodeInfoChange, _Mapping]]] = ...) -> None: ...

class RegisterHostRequest(_message.Message):
    __slots__ = ("hostname", "ip_address", "uri", "migration_uri", "max_cpu", "max_memory_kib", "max_io_kib", "ratios", "reserve", "labels", "zone", "validate_only", "request_id")
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
    MAX_CPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_IO_KIB_FIELD_NUMBER: _ClassVar[int]
    RATIOS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    ip_address: str
    uri: str
    migration_uri: str
    max_cpu: int
    max_memory_kib: int
    max_io_kib: int
    ratios: _resources_pb2.AllocationRatios
    reserve: _resources_pb2.Reserve
    labels: _containers.ScalarMap[str, str]
    zone: str
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., ip_address: _Optional[str] = ..., uri: _Optional[str] = ..., migration_uri: _Optional[str] = ..., max_cpu: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., max_io_kib: _Optional[int] = ..., ratios: _Optional[_Union[_resources_pb2.AllocationRatios, _Mapping]] = ..., reserve: _Optional[_Union[_resources_pb2.Reserve, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., zone: _Optional[str] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class RegisterHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ...) -> None: ...

class UpdateHostRequest(_message.Message):
    __slots__ = ("hostname", "ip_address", "uri", "migration_uri", "max_cpu", "max_memory_kib", "max_io_kib", "ratios", "reserve", "set_labels", "remove_labels", "zone", "revision", "validate_only", "request_id")
    class SetLabelsEntry(_message.Message):
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
    MAX_CPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    MAX_IO_KIB_FIELD_NUMBER: _ClassVar[int]
    RATIOS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    SET_LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_LABELS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    ip_address: str
    uri: str
    migration_uri: str
    max_cpu: int
    max_memory_kib: int
    max_io_kib: int
    ratios: _resources_pb2.AllocationRatios
    reserve: _resources_pb2.Reserve
    set_labels: _containers.ScalarMap[str, str]
    remove_labels: _containers.RepeatedScalarFieldContainer[str]
    zone: str
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., ip_address: _Optional[str] = ..., uri: _Optional[str] = ..., migration_uri: _Optional[str] = ..., max_cpu: _Optional[int] = ..., max_memory_kib: _Optional[int] = ..., max_io_kib: _Optional[int] = ..., ratios: _Optional[_Union[_resources_pb2.AllocationRatios, _Mapping]] = ..., reserve: _Optional[_Union[_resources_pb2.Reserve, _Mapping]] = ..., set_labels: _Optional[_Mapping[str, str]] = ..., remove_labels: _Optional[_Iterable[str]] = ..., zone: _Optional[str] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ...) -> None: ...

class CordonHostRequest(_message.Message):
    __slots__ = ("hostname", "revision", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    revision: int
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class CordonHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ...) -> None: ...

class UncordonHostRequest(_message.Message):
    __slots__ = ("hostname", "revision", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    revision: int
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class UncordonHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ...) -> None: ...

class RemoveHostRequest(_message.Message):
    __slots__ = ("hostname", "revision", "validate_only", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class RemoveHostResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ConfirmHostDeadRequest(_message.Message):
    __slots__ = ("hostname", "revision", "validate_only", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class ConfirmHostDeadResponse(_message.Message):
    __slots__ = ("host", "operation")
    HOST_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    operation: _operation_pb2.Operation
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ..., operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class CheckHostsRequest(_message.Message):
    __slots__ = ("hostnames",)
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, hostnames: _Optional[_Iterable[str]] = ...) -> None: ...

class CheckHostsResponse(_message.Message):
    __slots__ = ("check",)
    CHECK_FIELD_NUMBER: _ClassVar[int]
    check: _host_pb2.HostCheck
    def __init__(self, check: _Optional[_Union[_host_pb2.HostCheck, _Mapping]] = ...) -> None: ...

class GetHostRequest(_message.Message):
    __slots__ = ("hostname",)
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    def __init__(self, hostname: _Optional[str] = ...) -> None: ...

class GetHostResponse(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: _host_pb2.Host
    def __init__(self, host: _Optional[_Union[_host_pb2.Host, _Mapping]] = ...) -> None: ...

class ListHostsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _host_pb2.HostFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_host_pb2.HostFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHostsResponse(_message.Message):
    __slots__ = ("hosts", "next_page_token", "revision")
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedCompositeFieldContainer[_host_pb2.Host]
    next_page_token: str
    revision: int
    def __init__(self, hosts: _Optional[_Iterable[_Union[_host_pb2.Host, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class WatchHostsRequest(_message.Message):
    __slots__ = ("start_revision", "send_initial", "filter", "progress_interval_s")
    START_REVISION_FIELD_NUMBER: _ClassVar[int]
    SEND_INITIAL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    start_revision: int
    send_initial: bool
    filter: _host_pb2.HostFilter
    progress_interval_s: int
    def __init__(self, start_revision: _Optional[int] = ..., send_initial: bool = ..., filter: _Optional[_Union[_host_pb2.HostFilter, _Mapping]] = ..., progress_interval_s: _Optional[int] = ...) -> None: ...

class WatchHostsResponse(_message.Message):
    __slots__ = ("revision", "events", "batch_end")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_END_FIELD_NUMBER: _ClassVar[int]
    revision: int
    events: _containers.RepeatedCompositeFieldContainer[_watch_pb2.HostEvent]
    batch_end: bool
    def __init__(self, revision: _Optional[int] = ..., events: _Optional[_Iterable[_Union[_watch_pb2.HostEvent, _Mapping]]] = ..., batch_end: bool = ...) -> None: ...

class RegisterPoolRequest(_message.Message):
    __slots__ = ("name", "kind", "locking", "hostnames", "capacity_kib", "exported_by", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOCKING_FIELD_NUMBER: _ClassVar[int]
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KIB_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: _pool_pb2.PoolKind
    locking: bool
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    capacity_kib: int
    exported_by: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[_pool_pb2.PoolKind, str]] = ..., locking: bool = ..., hostnames: _Optional[_Iterable[str]] = ..., capacity_kib: _Optional[int] = ..., exported_by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RegisterPoolResponse(_message.Message):
    __slots__ = ("pool",)
    POOL_FIELD_NUMBER: _ClassVar[int]
    pool: _pool_pb2.Pool
    def __init__(self, pool: _Optional[_Union[_pool_pb2.Pool, _Mapping]] = ...) -> None: ...

class UpdatePoolRequest(_message.Message):
    __slots__ = ("name", "locking", "add_hostnames", "remove_hostnames", "capacity_kib", "exported_by", "revision", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOCKING_FIELD_NUMBER: _ClassVar[int]
    ADD_HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    REMOVE_HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KIB_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_BY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    locking: bool
    add_hostnames: _containers.RepeatedScalarFieldContainer[str]
    remove_hostnames: _containers.RepeatedScalarFieldContainer[str]
    capacity_kib: int
    exported_by: str
    revision: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., locking: bool = ..., add_hostnames: _Optional[_Iterable[str]] = ..., remove_hostnames: _Optional[_Iterable[str]] = ..., capacity_kib: _Optional[int] = ..., exported_by: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdatePoolResponse(_message.Message):
    __slots__ = ("pool",)
    POOL_FIELD_NUMBER: _ClassVar[int]
    pool: _pool_pb2.Pool
    def __init__(self, pool: _Optional[_Union[_pool_pb2.Pool, _Mapping]] = ...) -> None: ...

class RemovePoolRequest(_message.Message):
    __slots__ = ("name", "revision", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class RemovePoolResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPoolsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _pool_pb2.PoolFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_pool_pb2.PoolFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPoolsResponse(_message.Message):
    __slots__ = ("pools", "next_page_token", "revision")
    POOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    pools: _containers.RepeatedCompositeFieldContainer[_pool_pb2.Pool]
    next_page_token: str
    revision: int
    def __init__(self, pools: _Optional[_Iterable[_Union[_pool_pb2.Pool, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class PushImageHeader(_message.Message):
    __slots__ = ("pool", "hostname", "name", "format", "size_bytes", "sha256")
    POOL_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    pool: str
    hostname: str
    name: str
    format: _image_pb2.DiskFormat
    size_bytes: int
    sha256: str
    def __init__(self, pool: _Optional[str] = ..., hostname: _Optional[str] = ..., name: _Optional[str] = ..., format: _Optional[_Union[_image_pb2.DiskFormat, str]] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class PushImageRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: PushImageHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[PushImageHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class PushImageResponse(_message.Message):
    __slots__ = ("images",)
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[_image_pb2.Image]
    def __init__(self, images: _Optional[_Iterable[_Union[_image_pb2.Image, _Mapping]]] = ...) -> None: ...

class ListImagesRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _image_pb2.ImageFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_image_pb2.ImageFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListImagesResponse(_message.Message):
    __slots__ = ("images", "next_page_token", "revision")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[_image_pb2.Image]
    next_page_token: str
    revision: int
    def __init__(self, images: _Optional[_Iterable[_Union[_image_pb2.Image, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...
