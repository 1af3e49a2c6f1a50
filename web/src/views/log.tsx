// log.tsx - the log explorer: the signed head, its leaves, one leaf with its proof.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { go, href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { VerifyLeaf } from '../proof/panel';
import { typeByName } from '../records/types';
import { RefLink } from '../records/values';
import { showNumber, t } from '../text/text';
import { Button, Card, Loading, Page, Pre, ProblemNote } from '../ui/basics';
import { Grid } from '../ui/grid';
import type { ViewProps } from './routes';

interface Leaf {
  seq: number;
  at: string;
  leaf: { act?: string; type?: string; id?: number; actor?: { name?: string } } & Record<string, unknown>;
}

const PAGE = 100;

function Subject({ leaf }: { leaf: Leaf['leaf'] }) {
  const type = leaf.type ? typeByName(leaf.type) : undefined;
  return type && leaf.id !== undefined ? <RefLink plural={type.plural} id={leaf.id} /> : <>{leaf.type ?? '–'}</>;
}

function OneLeaf({ seq }: { seq: number }) {
  const { value, problem } = useResource<{ items: Leaf[] }>(`/log/leaves?from=${seq}&limit=1`);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const leaf = value.items[0];
  return (
    <Page title={t('leaf_n', { n: seq })} lead={<a href={href('log')}>{t('nav_log')}</a>} actions={
      <a class="button plain" href={`/api/v1/log/leaves/${seq}/proof`} download={`leaf-${seq}.proof`}>{t('download_proof')}</a>
    }>
      <Card wide><VerifyLeaf leaf={seq} /></Card>
      {leaf && <Card wide title={`${leaf.leaf.act ?? ''} · ${showTime(leaf.at)}`}><Pre text={JSON.stringify(leaf.leaf, null, 2)} label={t('leaf')} /></Card>}
    </Page>
  );
}

export function LogExplorer({ rest }: ViewProps) {
  const head = useResource<{ origin: string; size: number; root: string; vkey: string; checkpoint: string }>('/log');
  const size = head.value?.size ?? 0;
  const from = Number(query.value.get('from') ?? Math.max(0, size - PAGE));
  const leaves = useResource<{ items: Leaf[] }>(head.value && rest[0] === undefined ? `/log/leaves?from=${from}&limit=${PAGE}` : null);
  if (rest[0] !== undefined) return <OneLeaf key={rest[0]} seq={Number(rest[0])} />;
  if (!head.value) return head.problem ? <ProblemNote problem={head.problem} /> : <Loading />;
  const rows = [...(leaves.value?.items ?? [])].reverse();
  return (
    <Page title={t('nav_log')} lead={t('log_lead', { n: showNumber(size) })}>
      <Card wide title={t('checkpoint')}><Pre text={head.value.checkpoint} label={t('checkpoint')} /></Card>
      <div class="row">
        <Button icon="back" disabled={from === 0} onClick={() => setQuery({ from: String(Math.max(0, from - PAGE)) }, false)}>{t('older')}</Button>
        <Button icon="next" disabled={from + PAGE >= size} onClick={() => setQuery({ from: String(from + PAGE) }, false)}>{t('newer')}</Button>
      </div>
      <ProblemNote problem={leaves.problem} />
      <Grid rows={rows} keyOf={(x) => x.seq} linkOf={(x) => href('log', x.seq)} onOpen={(x) => go(href('log', x.seq))} label={t('nav_log')} columns={[
        { id: 'seq', label: t('leaf'), cell: (x) => showNumber(x.seq) },
        { id: 'at', label: t('when'), cell: (x) => showTime(x.at) },
        { id: 'act', label: t('act'), cell: (x) => x.leaf.act ?? '' },
        { id: 'what', label: t('what'), cell: (x) => <Subject leaf={x.leaf} /> },
      ]} />
    </Page>
  );
}
