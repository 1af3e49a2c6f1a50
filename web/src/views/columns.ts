// columns.ts - the columns of a data set version: from its schema, else from the head of its file.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { send } from '../base/api';
import { useResource } from '../base/resource';
import type { Row } from '../records/types';

const MOST = 2000;

/* People write schemas as {"columns": [...]}, as a list of names or objects, or as {name: type}. */
function fromSchema(schema: unknown): string[] {
  const inner = schema && typeof schema === 'object' && 'columns' in schema ? (schema as { columns: unknown }).columns : schema;
  if (Array.isArray(inner))
    return inner.map((c) => (typeof c === 'string' ? c : String((c as { name?: unknown } | null)?.name ?? ''))).filter(Boolean);
  return inner && typeof inner === 'object' ? Object.keys(inner) : [];
}

/** Names in the first line of a CSV file; none when the bytes are something else. */
export function fromHead(head: string): string[] {
  const line = /^\uFEFF?([^\r\n]*)\r?\n/.exec(head)?.[1];
  if (!line || /[\u0000-\u0008\u000e-\u001f\uFFFD]/.test(line) || line.startsWith('{')) return [];
  const cut = [',', ';', '\t'].sort((a, b) => line.split(b).length - line.split(a).length)[0] ?? ',';
  const names = line.match(new RegExp(`("([^"]|"")*"|[^${cut}]*)(${cut}|$)`, 'g')) ?? [];
  return names.map((x) => x.replace(new RegExp(`${cut}$`), '').replace(/^"|"$/g, '').replace(/""/g, '"')).filter(Boolean);
}

/* Only as much of the file as arrives first. */
async function readHead(sha256: string): Promise<string> {
  const reader = (await send('GET', `/api/v1/files/${sha256}`)).body?.getReader();
  const first = await reader?.read();
  void reader?.cancel();
  return new TextDecoder().decode(first?.value?.slice(0, 65536));
}

/** Known columns of a data set version; [] while and where none are known. */
export function useColumns(version: unknown): string[] {
  const { value } = useResource<Row>(typeof version === 'number' ? `/dataset-versions/${version}` : null);
  const [names, setNames] = useState<string[]>([]);
  const sha256 = value?.file_sha256;
  useEffect(() => {
    const told = fromSchema(value?.schema);
    setNames(told);
    if (told.length || typeof sha256 !== 'string') return undefined;
    let here = true;
    readHead(sha256).then((head) => here && setNames(fromHead(head).slice(0, MOST)), () => undefined);
    return () => {
      here = false;
    };
  }, [value?.version, sha256]);
  return typeof version === 'number' ? names : [];
}
