from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Resources(_message.Message):
    __slots__ = ("cpu", "memory_kib", "io_kib")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    IO_KIB_FIELD_NUMBER: _ClassVar[int]
    cpu: int
    memory_kib: int
    io_kib: int
    def __init__(self, cpu: _Optional[int] = ..., memory_kib: _Optional[int] = ..., io_kib: _Optional[int] = ...) -> None: ...

class AllocationRatios(_message.Message):
    __slots__ = ("cpu", "memory", "io")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    IO_FIELD_NUMBER: _ClassVar[int]
    cpu: float
    memory: float
    io: float
    def __init__(self, cpu: _Optional[float] = ..., memory: _Optional[float] = ..., io: _Optional[float] = ...) -> None: ...

class Reserve(_message.Message):
    __slots__ = ("cpu", "memory_kib", "io_kib")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    IO_KIB_FIELD_NUMBER: _ClassVar[int]
    cpu: int
    memory_kib: int
    io_kib: int
    def __init__(self, cpu: _Optional[int] = ..., memory_kib: _Optional[int] = ..., io_kib: _Optional[int] = ...) -> None: ...
