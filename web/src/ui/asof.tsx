// asof.tsx - a day in the past: lists and statuses as they stood at its end.
// SPDX-License-Identifier: Apache-2.0

import { setQuery } from '../base/router';
import { t } from '../text/text';

/** `name` is the member of the address, and of the API, that carries it. */
export function AsOf({ name, value }: { name: string; value: string | null }) {
  const today = new Date().toISOString().slice(0, 10);
  return (
    <label class="filter">
      <span>{t('as_of')}</span>
      <input type="date" max={today} value={value?.slice(0, 10) ?? ''} onChange={(e) => setQuery({ [name]: e.currentTarget.value || undefined })} />
    </label>
  );
}
