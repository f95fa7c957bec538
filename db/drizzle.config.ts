// For `drizzle-kit generate`, which compares schema.ts with the last migration and writes the next one.

import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'postgresql', schema: './db/schema.ts', out: './db/migrations' });
