// The description of the health service, which is not ours, as reflection hands it out: without it, generic clients cannot
// ask for the service's health.

import { create, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

const PACKAGE = 'grpc.health.v1';
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** A FileDescriptorSet of that one file. */
export function healthDescriptor(): Uint8Array {
  const inputType = `.${PACKAGE}.HealthCheckRequest`;
  const outputType = `.${PACKAGE}.HealthCheckResponse`;
  const typeName = `${outputType}.ServingStatus`;
  const file = {
    name: 'grpc/health/v1/health.proto',
    package: PACKAGE,
    syntax: 'proto3',
    messageType: [
      {
        name: 'HealthCheckRequest',
        field: [{ name: 'service', jsonName: 'service', number: 1, label: Label.OPTIONAL, type: Type.STRING }],
      },
      {
        name: 'HealthCheckResponse',
        field: [{ name: 'status', jsonName: 'status', number: 1, label: Label.OPTIONAL, type: Type.ENUM, typeName }],
        enumType: [{ name: 'ServingStatus', value: STATUSES.map((name, number) => ({ name, number })) }],
      },
    ],
    service: [
      {
        name: 'Health',
        method: [
          { name: 'Check', inputType, outputType },
          { name: 'Watch', inputType, outputType, serverStreaming: true },
        ],
      },
    ],
  };
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] }));
}
