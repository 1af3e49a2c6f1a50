// log.tsx - the log explorer: how it grew, what is on it, one leaf with its proof, what was signed, bags.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { BagMaker } from '../proof/bag';
import { VerifyLeaf } from '../proof/panel';
import { typeByName } from '../records/types';
import { RefLink } from '../records/values';
import { showNumber, t, typeLabel } from '../text/text';
import { Card, LinkButton, Loading, Page, Pre, ProblemNote, Tabs } from '../ui/basics';
import { Checkpoints, LogActs, LogGrowth } from './log_parts';
import type { ViewProps } from './routes';

interface Leaf {
  seq: number;
  at: string;
  leaf: { act?: string; type?: string; id?: number } & Record<string, unknown>;
}

function Subject({ leaf }: { leaf: Leaf['leaf'] }) {
  const type = leaf.type ? typeByName(leaf.type) : undefined;
  return type && leaf.id !== undefined ? <>{typeLabel(type.title)} <RefLink plural={type.plural} id={leaf.id} /></> : null;
}

function OneLeaf({ seq }: { seq: number }) {
  const { value, problem } = useResource<{ items: Leaf[] }>(`/log/leaves?from=${seq}&limit=1`);
  const head = useResource<{ size: number }>('/log');
  if (!value) return problem ? <Page title={t('leaf_n', { n: seq })}><ProblemNote problem={problem} /></Page> : <Loading />;
  const leaf = value.items[0];
  return (
    <Page title={t('leaf_n', { n: seq })} lead={<a href={href('log')}>{t('nav_log')}</a>} actions={
      <>
        {seq > 0 && <LinkButton to={href('log', seq - 1)} icon="back">{t('older')}</LinkButton>}
        {head.value && seq + 1 < head.value.size && <LinkButton to={href('log', seq + 1)} icon="next">{t('newer')}</LinkButton>}
        <a class="button plain" href={`/api/v1/log/leaves/${seq}/proof`} download={`leaf-${seq}.tlog-proof`}>{t('download_proof')}</a>
      </>
    }>
      {!leaf && <p class="none">{t('no_such_leaf')}</p>}
      {leaf && <Card wide><VerifyLeaf leaf={seq} /></Card>}
      {leaf && (
        <Card wide title={`${leaf.leaf.act ?? ''} · ${showTime(leaf.at)}`}>
          <p><Subject leaf={leaf.leaf} /></p>
          <Pre text={JSON.stringify(leaf.leaf, null, 2)} label={t('leaf')} />
        </Card>
      )}
    </Page>
  );
}

interface Head {
  origin: string;
  size: number;
  vkey: string;
  checkpoint: string;
}

export function LogExplorer({ rest }: ViewProps) {
  const head = useResource<Head>('/log');
  if (rest[0] !== undefined) return <OneLeaf key={rest[0]} seq={Number(rest[0])} />;
  if (!head.value) return head.problem ? <ProblemNote problem={head.problem} /> : <Loading />;
  const tab = query.value.get('tab') ?? 'leaves';
  return (
    <Page title={t('nav_log')} lead={t('log_lead', { n: showNumber(head.value.size) })}>
      <Card wide><LogGrowth /></Card>
      <Tabs at={tab} onPick={(id) => setQuery({ tab: id === 'leaves' ? undefined : id })} tabs={[
        { id: 'leaves', label: t('acts_on_it'), count: head.value.size },
        { id: 'checkpoint', label: t('checkpoint') },
        { id: 'history', label: t('checkpoints') },
        { id: 'bag', label: t('bag') },
      ]} />
      {tab === 'checkpoint' ? (
        <Card wide>
          <Pre text={head.value.checkpoint} label={t('checkpoint')} />
          <p class="hint">{t('log_key')}: <code>{head.value.vkey}</code></p>
          {head.value.size > 0 && <VerifyLeaf key={head.value.size} leaf={head.value.size - 1} />}
        </Card>
      ) : tab === 'history' ? <Card wide><Checkpoints /></Card>
        : tab === 'bag' ? <Card wide><BagMaker /></Card> : <LogActs />}
    </Page>
  );
}
