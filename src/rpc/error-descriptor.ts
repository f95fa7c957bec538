// The description of the details that an error carries beside our own (google.rpc), as reflection hands it out: without it,
// generic clients show them as bytes.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProtoSchema,
  type FieldDescriptorProtoSchema,
  type FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_duration,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

const PACKAGE = 'google.rpc';

type Field = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type Message = MessageInitShape<typeof DescriptorProtoSchema>;
type File = MessageInitShape<typeof FileDescriptorProtoSchema>;

/** A FileDescriptorSet of google/rpc/error_details.proto, as far as virtdc sends it, and what it imports. */
export function errorDescriptor(): Uint8Array {
  const file: File = {
    name: 'google/rpc/error_details.proto',
    package: PACKAGE,
    syntax: 'proto3',
    dependency: [file_google_protobuf_duration.proto.name],
    messageType: [
      {
        name: 'ErrorInfo',
        field: [text('reason', 1), text('domain', 2), many('metadata', 3, 'ErrorInfo.MetadataEntry')],
        nestedType: [{ name: 'MetadataEntry', field: [text('key', 1), text('value', 2)], options: { mapEntry: true } }],
      },
      {
        name: 'BadRequest',
        field: [many('field_violations', 1, 'BadRequest.FieldViolation')],
        nestedType: [texts('FieldViolation', 'field', 'description')],
      },
      {
        name: 'PreconditionFailure',
        field: [many('violations', 1, 'PreconditionFailure.Violation')],
        nestedType: [texts('Violation', 'type', 'subject', 'description')],
      },
      {
        name: 'RetryInfo',
        field: [{ ...named('retry_delay', 1), type: Type.MESSAGE, typeName: '.google.protobuf.Duration' }],
      },
    ],
  };
  const set = { file: [file_google_protobuf_duration.proto, file] };
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, set));
}

function named(name: string, number: number): Field {
  const jsonName = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { name, jsonName, number, label: Label.OPTIONAL };
}

function text(name: string, number: number): Field {
  return { ...named(name, number), type: Type.STRING };
}

function many(name: string, number: number, type: string): Field {
  return { ...named(name, number), label: Label.REPEATED, type: Type.MESSAGE, typeName: `.${PACKAGE}.${type}` };
}

/** A message of strings, numbered in their order. */
function texts(name: string, ...fields: readonly string[]): Message {
  return { name, field: fields.map((field, index) => text(field, index + 1)) };
}
