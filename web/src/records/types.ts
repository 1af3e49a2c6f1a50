// types.ts - the record types of the server, read once: every form, list and filter follows them.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { get } from '../base/api';

export type FieldType =
  | 'text' | 'long' | 'int' | 'real' | 'bool' | 'enum' | 'time' | 'date' | 'money' | 'ref'
  | 'list' | 'links' | 'json';

export interface Field {
  name: string;
  type: FieldType;
  doc: string;
  required: boolean;
  unique: boolean;
  read_only: boolean;
  personal: boolean;
  filter: boolean;
  min?: number;
  max?: number;
  /** The values there are to choose from. */
  names?: string[];
  /** Plural of the type that is pointed at. */
  ref?: string;
  /** Offered while typing; anything else may be typed as well. */
  suggest?: string[];
  /** The doc is in the reader's language: it is a text of the page. */
  translated?: boolean;
  /** What holds when nothing is given. */
  fallback?: string;
}

export interface RecordType {
  name: string;
  noun: string;
  plural: string;
  title: string;
  doc: string;
  tags: string;
  /** The member people know a record by; absent: its id. */
  label?: string;
  read_only: boolean;
  fields: Field[];
}

export type Row = Record<string, unknown> & { id: number; version: number };

export const types = signal<RecordType[]>([]);

export async function loadTypes(): Promise<void> {
  if (!types.value.length) types.value = await get<RecordType[]>('/types');
}

export const typeByPlural = (plural: string): RecordType | undefined =>
  types.value.find((x) => x.plural === plural);
export const typeByName = (name: string): RecordType | undefined =>
  types.value.find((x) => x.name === name);
export const fieldOf = (type: RecordType, name: string): Field | undefined =>
  type.fields.find((f) => f.name === name);

/** What people call a record: its label, else its number. */
export const nameOf = (type: RecordType, row: Row): string =>
  String((type.label && row[type.label]) || row.name || `#${row.id}`);

/** Members that tell rows apart in a list, most telling first. */
export function listFields(type: RecordType, most = 6): Field[] {
  const weight = (f: Field) =>
    f.name === (type.label ?? 'name') ? 0 : f.name === 'status' || f.name === 'verdict' ? 1 : f.type === 'enum' ? 2
      : f.type === 'ref' ? 3 : f.type === 'date' || f.type === 'time' ? 4 : f.type === 'bool' ? 5
      : f.type === 'text' && !f.name.endsWith('sha256') ? 6 : f.type === 'int' || f.type === 'money' ? 7 : 99;
  return type.fields
    .map((f, i) => ({ f, w: weight(f) * 1000 + (f.required ? 0 : 100) + i }))
    .filter((x) => x.w < 99000)
    .sort((a, b) => a.w - b.w)
    .slice(0, most)
    .map((x) => x.f);
}
