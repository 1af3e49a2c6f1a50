// special.ts - members whose place in a form is more than the input of their type: a table that views fill.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from 'preact';
import type { Problem } from '../base/api';
import type { Field, RecordType } from './types';

export interface SpecialProps {
  field: Field;
  value: unknown;
  /** What the server refused; its path may lead into the member. */
  problem: Problem | undefined;
  touched: boolean;
  /** Another member of the record as it stands in the form. */
  valueOf: (name: string) => unknown;
  onChange: (value: unknown) => void;
  /** Other members that follow from this one. */
  onOthers?: ((values: Record<string, unknown>) => void) | undefined;
}

const specials = new Map<string, ComponentType<SpecialProps>>();

/** Shows a member by a component of its own, with label, hint and faults: the form only keeps its value. */
export function setSpecial(type: string, member: string, show: ComponentType<SpecialProps>): void {
  specials.set(`${type}.${member}`, show);
}

export const specialField = (type: RecordType, field: Field): ComponentType<SpecialProps> | undefined =>
  specials.get(`${type.name}.${field.name}`);
