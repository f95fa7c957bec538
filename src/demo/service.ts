// The demo's own service: in this process, in a directory of its own, on ports of its own. It can be stopped and
// started again at the same port, as after an upgrade.

import { pino } from 'pino';
import { readConfig } from '../config.js';
import { type RunningService, startService } from '../service.js';

export class DemoService {
  private running: RunningService | undefined;
  private port = 0;

  constructor(
    private readonly directory: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const config = readConfig({
      ...this.environment,
      VIRTDC_LISTEN: this.address,
      VIRTDC_HTTP_LISTEN: '127.0.0.1:0',
      VIRTDC_DATA_DIR: this.directory,
      VIRTDC_LOG_LEVEL: 'error',
    });
    const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
    this.running = await startService(config, log);
    this.port = this.running.grpcPort;
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.stop();
  }
}
