// confusion.tsx - truth against prediction as a square of four, one beside the other for each group.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Figure } from './frame';

export interface Counts {
  label: string;
  trueNegatives: number;
  falsePositives: number;
  falseNegatives: number;
  truePositives: number;
}

const share = (n: number, of: number) => (of > 0 ? `${showNumber((n / of) * 100)} %` : t('undefined'));

/* The stronger the colour, the greater the share of the rows with this truth. */
function Cell({ n, of, right }: { n: number; of: number; right: boolean }) {
  return (
    <td class={right ? 'tone-info' : 'tone-warn'}>
      <i style={{ opacity: String(of > 0 ? 0.08 + 0.37 * (n / of) : 0) }} />
      <strong>{showNumber(n)}</strong> <small>{share(n, of)}</small>
    </td>
  );
}

export function Confusion({ title, all, note }: { title: string; all: Counts[]; note?: string | undefined }) {
  return (
    <Figure title={title} note={note ? `${t('confusion_note')} ${note}` : t('confusion_note')}>
      <div class="confusions">
        {all.map((c) => {
          const [no, yes] = [c.trueNegatives + c.falsePositives, c.falseNegatives + c.truePositives];
          return (
            <table key={c.label} class="confusion">
              <caption>{c.label}</caption>
              <thead><tr><th>{t('truth')}</th><th scope="col">{t('predicted_no')}</th><th scope="col">{t('predicted_yes')}</th></tr></thead>
              <tbody>
                <tr><th scope="row">{t('no')}</th><Cell n={c.trueNegatives} of={no} right /><Cell n={c.falsePositives} of={no} right={false} /></tr>
                <tr><th scope="row">{t('yes')}</th><Cell n={c.falseNegatives} of={yes} right={false} /><Cell n={c.truePositives} of={yes} right /></tr>
              </tbody>
            </table>
          );
        })}
      </div>
    </Figure>
  );
}
