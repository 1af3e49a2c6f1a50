// document.tsx - one document: its text, its editions with what changed, its approval.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { History, Members } from '../records/record';
import type { RecordType, Row } from '../records/types';
import { t, valueLabel } from '../text/text';
import { Button, Card, LinkButton, Loading, Page, ProblemNote, say, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';

export interface DiffLine {
  sign: ' ' | '-' | '+';
  text: string;
}

/** Longest common subsequence of lines (Hunt & Szymanski would be faster; texts here are short). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  const best = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, k: number) => best[i]?.[k] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--)
      (best[i] as Uint32Array)[k] = a[i] === b[k] ? at(i + 1, k + 1) + 1 : Math.max(at(i + 1, k), at(i, k + 1));
  const out: DiffLine[] = [];
  let i = 0;
  let k = 0;
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) out.push({ sign: ' ', text: a[i++] ?? '' }), k++;
    else if (k < b.length && (i === a.length || at(i, k + 1) > at(i + 1, k))) out.push({ sign: '+', text: b[k++] ?? '' });
    else out.push({ sign: '-', text: a[i++] ?? '' });
  }
  return out;
}

interface Version {
  version: number;
  at: string;
  changes: { field: string; from: unknown; to: unknown }[];
}

const MOST = 3000; // lines of both texts: beyond it the browser would stand still

function Differences({ row }: { row: Row }) {
  const { value, problem } = useResource<Version[]>(`/documents/${row.id}/history`);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const edits = value.flatMap((v) => v.changes.filter((c) => c.field === 'body' && v.version > 1).map((c) => ({ ...c, version: v.version, at: v.at })));
  if (!edits.length) return <p class="none">{t('no_text_changes')}</p>;
  return (
    <>
      {edits.reverse().map((e) => {
        const [from, to] = [String(e.from ?? ''), String(e.to ?? '')];
        const long = from.split('\n').length + to.split('\n').length > MOST;
        return (
          <section key={e.version}>
            <h2 class="small">{t('version_n', { n: e.version })} · {showTime(e.at)}</h2>
            {long ? <p class="none">{t('too_long_to_compare')}</p> : (
              <pre class="json diff" tabIndex={0} role="region" aria-label={t('version_n', { n: e.version })}>
                {diffLines(from, to).map((l, i) => (l.sign === ' ' ? <span key={i}>{`  ${l.text}\n`}</span>
                  : l.sign === '+' ? <ins key={i}>{`+ ${l.text}\n`}</ins> : <del key={i}>{`- ${l.text}\n`}</del>))}
              </pre>
            )}
          </section>
        );
      })}
    </>
  );
}

function Approve({ row }: { row: Row }) {
  const [problem, setProblem] = useState<Problem>();
  const approve = async () => {
    setProblem(undefined);
    try {
      await call('POST', `/documents/${row.id}/approve`, { version: row.version });
      outdate((p) => p.startsWith('/documents') || p.startsWith('/status'));
      say(t('approved'));
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
    }
  };
  return (
    <>
      <Button tone="main" icon="check" onClick={() => void approve()}>{t('approve', { edition: String(row.edition) })}</Button>
      <ProblemNote problem={problem} />
    </>
  );
}

export function DocumentView({ type, id }: { type: RecordType; id: string }) {
  const { value: row, problem } = useResource<Row>(`/documents/${encodeURIComponent(id)}`);
  const tab = query.value.get('tab') ?? 'text';
  if (!row) return problem ? <Page title={t('document')}><ProblemNote problem={problem} /></Page> : <Loading />;
  return (
    <Page title={String(row.name)} lead={<>{valueLabel(String(row.kind))} · {t('edition_n', { n: String(row.edition) })} {row.status ? <Status value={String(row.status)} /> : null}</>} actions={
      <>
        {can('approve') && row.status !== 'approved' && <Approve row={row} />}
        {can('edit') && <LinkButton to={href('documents', row.id, 'edit')} icon="edit">{t('edit')}</LinkButton>}
      </>
    }>
      <Tabs at={tab} onPick={(x) => setQuery({ tab: x === 'text' ? undefined : x })} tabs={[
        { id: 'text', label: t('text') }, { id: 'differences', label: t('differences') }, { id: 'about', label: t('about') }, { id: 'history', label: t('history') },
      ]} />
      <Card wide>
        {tab === 'text' && (row.body ? <p class="long prose">{String(row.body)}</p> : row.file_sha256
          ? <a href={`/api/v1/files/${String(row.file_sha256)}`} download={String(row.file_name ?? row.name)}>{t('download_file')}</a> : <p class="none">{t('no_text')}</p>)}
        {tab === 'differences' && <Differences row={row} />}
        {tab === 'about' && <Members type={type} row={row} only={['kind', 'edition', 'owner', 'controls', 'audience', 'review_on', 'status', 'approved_by', 'approved_at', 'file_sha256', 'file_name']} />}
        {tab === 'history' && <History type={type} row={row} />}
      </Card>
    </Page>
  );
}
