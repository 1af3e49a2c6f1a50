// kinds.ts - the kinds of measurement, and the members that a plan of each has.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import type { Field, FieldType } from '../records/types';
import { lang, t, valueLabel } from '../text/text';

export interface KindOption {
  name: string;
  type: 'integer' | 'number' | 'string' | 'array' | 'object' | 'boolean';
  minimum?: number;
  maximum?: number;
  default?: number | boolean;
  description: string;
}

export interface Kind {
  id: string;
  title: string;
  description: string;
  controls: string[];
  needs: string[];
  /** What it takes without needing it, of what not every kind takes. */
  takes: string[];
  metrics: string[];
  /** Members that its figures are cut by, besides the groups of the plan: "corruption,severity". */
  slice: string | null;
  options: KindOption[];
}

export const useKinds = (): Kind[] | undefined => useResource<Kind[]>('/kinds').value;

export function useKind(id: unknown): Kind | undefined {
  return useKinds()?.find((k) => k.id === id);
}

export const kindTitle = (k: Kind): string => (lang.value === 'en' ? k.title : valueLabel(k.id));

const field = (name: string, type: FieldType, doc: string, more: Partial<Field> = {}): Field => ({
  name, type, doc, required: false, unique: false, read_only: false, personal: false, filter: false, translated: true, ...more,
});

/** Members that say which column is what. */
export function columnFields(kind: Kind, columns: string[], asksModel: boolean): Field[] {
  if (kind.needs.includes('recorded')) return [];
  const needed = (what: string) => ({ required: kind.needs.includes(what), suggest: columns });
  const predictions = asksModel ? [] : [
    field('prediction', 'text', t('doc_prediction'), { suggest: columns }),
    field('score', 'text', t('doc_score'), { suggest: columns }),
  ];
  const grouped = kind.needs.includes('groups') || kind.takes.includes('groups');
  const groups = grouped ? [field('groups', 'list', t('doc_groups'), needed('groups')), field('bins', 'json', t('doc_bins'))] : [];
  return [
    field('label', 'text', t('doc_label'), needed('label')),
    field('positive', 'text', t('doc_positive')),
    ...predictions,
    field('threshold', 'real', t('doc_threshold'), { fallback: '0.5' }),
    ...groups,
    field('features', 'list', t('doc_features'), { suggest: columns }),
  ];
}

/** How it is counted; what is left out has a sound default. */
export const moreFields = (): Field[] => [
  field('where', 'text', t('doc_where'), { fallback: 'age >= 18' }),
  field('task', 'enum', t('doc_task'), { names: ['binary', 'multiclass', 'regression'] }),
  field('confidence', 'real', t('doc_confidence'), { min: 0.5, max: 1, fallback: '0.95' }),
  field('resamples', 'int', t('doc_resamples'), { min: 0, max: 100000, fallback: '1000' }),
  field('seed', 'int', t('doc_seed'), { fallback: '1' }),
  field('min_group', 'int', t('doc_min_group'), { min: 1, max: 1e9, fallback: '30' }),
];

const TYPES: Record<KindOption['type'], FieldType> = {
  integer: 'int', number: 'real', string: 'text', array: 'list', object: 'json', boolean: 'bool',
};
const COLUMNS = ['columns', 'features', 'sensitive'];

export function optionField(o: KindOption, columns: string[]): Field {
  const number = o.type === 'integer' || o.type === 'number';
  const told = o.default !== undefined && (!number || Number(o.default) >= (o.minimum ?? 0));
  return field(o.name, TYPES[o.type], o.description, {
    translated: false,
    ...(number ? { min: o.minimum ?? 0, max: o.maximum ?? 0 } : {}),
    ...(o.type === 'string' ? { max: o.maximum ?? 200 } : {}),
    ...(told ? { fallback: String(o.default) } : {}),
    ...(COLUMNS.includes(o.name) ? { suggest: columns } : {}),
  });
}

/** A member that the form does not know: kept, and shown as it is. */
export const rawField = (name: string): Field => field(name, 'json', '');
