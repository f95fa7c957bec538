from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DiskFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISK_FORMAT_UNSPECIFIED: _ClassVar[DiskFormat]
    DISK_FORMAT_QCOW2: _ClassVar[DiskFormat]
    DISK_FORMAT_RAW: _ClassVar[DiskFormat]
DISK_FORMAT_UNSPECIFIED: DiskFormat
DISK_FORMAT_QCOW2: DiskFormat
DISK_FORMAT_RAW: DiskFormat

class Image(_message.Message):
    __slots__ = ("pool", "hostname", "name", "format", "size_bytes", "virtual_kib", "sha256", "revision")
    POOL_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    VIRTUAL_KIB_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    pool: str
    hostname: str
    name: str
    format: DiskFormat
    size_bytes: int
    virtual_kib: int
    sha256: str
    revision: int
    def __init__(self, pool: _Optional[str] = ..., hostname: _Optional[str] = ..., name: _Optional[str] = ..., format: _Optional[_Union[DiskFormat, str]] = ..., size_bytes: _Optional[int] = ..., virtual_kib: _Optional[int] = ..., sha256: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class ImageFilter(_message.Message):
    __slots__ = ("pool", "hostname", "name")
    POOL_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    pool: str
    hostname: str
    name: str
    def __init__(self, pool: _Optional[str] = ..., hostname: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...
