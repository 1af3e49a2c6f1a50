// log_parts.tsx - parts of the log explorer: growth, search over the acts, checkpoints ever signed.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { call, Problem, withQuery } from '../base/api';
import { happened } from '../base/live';
import { useResource } from '../base/resource';
import { go, href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { Growth, type GrowthStep } from '../charts/growth';
import { typeByName, types } from '../records/types';
import { RefLink } from '../records/values';
import { lang, showNumber, t, typeLabel } from '../text/text';
import { Button, Empty, Loading, Pre, ProblemNote } from '../ui/basics';
import { Grid } from '../ui/grid';

interface GrowthReply {
  step_seconds: number;
  steps: GrowthStep[];
  acts: { act: string; leaves: number }[];
}

const UNITS: [number, string][] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
function stepText(seconds: number): string {
  const [size, unit] = UNITS.find(([s]) => seconds >= s) ?? [1, 'second'];
  return new Intl.NumberFormat(lang.value, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size);
}

export function LogGrowth() {
  const { value, problem } = useResource<GrowthReply>('/log/growth');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  if (!value.steps.length) return <p class="none">{t('nothing')}</p>;
  return <Growth title={t('growth')} note={t('growth_note', { step: stepText(value.step_seconds) })} steps={value.steps} seconds={value.step_seconds} />;
}

interface Act {
  seq: number;
  at: string;
  act: string;
  type?: string | null;
  id?: number;
  version?: number;
}

const PAGE = 100;

/** Pages of acts that fit, newest first; read again when something happens. */
function useActs(path: string) {
  const [rows, setRows] = useState<Act[]>();
  const [next, setNext] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem>();
  const newest = happened.value[0]?.seq ?? 0;
  const read = async (before: number | null, had: Act[]) => {
    try {
      const page = await call<{ items: Act[]; next_before: number | null }>('GET', withQuery(path, { limit: PAGE, before: before ?? undefined }));
      setRows([...had, ...page.items]);
      setNext(page.next_before);
      setProblem(undefined);
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
    }
  };
  useEffect(() => {
    void read(null, []);
  }, [path, newest]);
  return { rows, problem, more: next !== null, readMore: () => next !== null && void read(next, rows ?? []) };
}

function Filters() {
  const { value } = useResource<GrowthReply>('/log/growth');
  const at = (k: string) => query.value.get(k) ?? '';
  return (
    <div class="filters" role="search">
      <label class="filter">
        <span>{t('act')}</span>
        <select value={at('act')} onChange={(e) => setQuery({ act: e.currentTarget.value })}>
          <option value="">{t('any')}</option>
          {value?.acts.map((a) => <option key={a.act} value={a.act}>{a.act} ({a.leaves})</option>)}
        </select>
      </label>
      <label class="filter">
        <span>{t('record_type')}</span>
        <select value={at('type')} onChange={(e) => setQuery({ type: e.currentTarget.value, id: e.currentTarget.value ? at('id') : undefined })}>
          <option value="">{t('any')}</option>
          {types.value.map((x) => <option key={x.name} value={x.name}>{typeLabel(x.title)}</option>)}
        </select>
      </label>
      <label class="filter">
        <span>{t('number_of_record')}</span>
        <input type="number" min={1} value={at('id')} disabled={!at('type')} onChange={(e) => setQuery({ id: e.currentTarget.value })} />
      </label>
      <form onSubmit={(e) => {
        e.preventDefault();
        const seq = String(new FormData(e.currentTarget).get('seq') ?? '');
        if (/^\d+$/.test(seq)) go(href('log', seq));
      }}>
        <label class="filter"><span>{t('go_to_leaf')}</span><input name="seq" type="number" min={0} /></label>
      </form>
    </div>
  );
}

export function LogActs() {
  const filters: Record<string, string | undefined> = {};
  for (const k of ['act', 'type', 'id']) filters[k] = query.value.get(k) || undefined;
  const { rows, problem, more, readMore } = useActs(withQuery('/log/acts', filters));
  return (
    <>
      <Filters />
      <ProblemNote problem={problem} />
      {!rows && !problem && <Loading />}
      {rows?.length === 0 && <Empty title={t('nothing_fits')} text={t('nothing_fits_text')} />}
      {rows && rows.length > 0 && (
        <Grid rows={rows} keyOf={(x) => x.seq} linkOf={(x) => href('log', x.seq)} onOpen={(x) => go(href('log', x.seq))} label={t('nav_log')}
          {...(more ? { onEnd: readMore } : {})} columns={[
            { id: 'seq', label: t('leaf'), cell: (x) => showNumber(x.seq) },
            { id: 'at', label: t('when'), cell: (x) => showTime(x.at) },
            { id: 'act', label: t('act'), cell: (x) => <code>{x.act}</code> },
            { id: 'what', label: t('what'), cell: (x) => <Subject act={x} /> },
          ]} />
      )}
    </>
  );
}

function Subject({ act }: { act: Act }) {
  const type = act.type ? typeByName(act.type) : undefined;
  if (!type || !act.id) return <span class="none">–</span>;
  return <>{typeLabel(type.title)} <RefLink plural={type.plural} id={act.id} /> {act.version ? <span class="hint">{t('version_n', { n: act.version })}</span> : null}</>;
}

export function Checkpoints() {
  const { value, problem } = useResource<{ items: { size: number; at: string; checkpoint: string }[]; next_before: number | null }>('/log/checkpoints?limit=100');
  const [open, setOpen] = useState<number>();
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <div class="stack">
      <p class="hint">{t('checkpoints_lead')}</p>
      <ol class="plain-list">
        {value.items.map((c) => (
          <li key={c.size}>
            <Button icon={open === c.size ? 'down' : 'next'} pressed={open === c.size} onClick={() => setOpen(open === c.size ? undefined : c.size)}>
              {t('n_leaves', { n: showNumber(c.size) })}
            </Button>{' '}
            <time dateTime={c.at}>{showTime(c.at)}</time>
            {open === c.size && <Pre text={c.checkpoint} label={t('checkpoint')} />}
          </li>
        ))}
      </ol>
      {value.next_before !== null && <p class="hint">{t('newest_only', { n: showNumber(value.items.length) })}</p>}
    </div>
  );
}
