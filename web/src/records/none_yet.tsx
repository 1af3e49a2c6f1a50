// none_yet.tsx - what a list without any record says: what belongs there, and how to begin.
// SPDX-License-Identifier: Apache-2.0

import { href } from '../base/router';
import { maybe, t, typeLabel, typeLabels } from '../text/text';
import { Doc, Empty, LinkButton } from '../ui/basics';
import { can } from '../views/session';
import type { RecordType } from './types';

/* Types whose records come from other records: where they begin. */
const SOURCES: Record<string, string> = { measurements: 'plans' };

/** A text of its own where there is one (empty_PLURAL), else what the table says of the type. */
export function NoneYet({ type }: { type: RecordType }) {
  const own = maybe(`empty_${type.plural.replace(/-/g, '_')}`);
  const source = SOURCES[type.plural];
  return (
    <Empty title={t('none_yet', { what: typeLabels(type.title, type.plural) })} text={own ?? <Doc text={type.doc} end="." />}>
      {!type.read_only && can('edit') && (
        <LinkButton to={href(type.plural, 'new')} icon="add" tone="main">{t('add_first', { what: typeLabel(type.title) })}</LinkButton>
      )}
      {source && <LinkButton to={href(source)} icon="next">{t('nav_plans')}</LinkButton>}
    </Empty>
  );
}
