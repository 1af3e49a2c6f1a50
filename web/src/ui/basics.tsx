// basics.tsx - the small parts every view is built from.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Problem } from '../base/api';
import { land } from '../base/focus';
import { parts } from '../base/router';
import { docText, english, t } from '../text/text';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  icon?: IconName;
  tone?: 'main' | 'plain' | 'danger';
  type?: 'button' | 'submit';
  busy?: boolean;
  disabled?: boolean;
  title?: string;
  /** For buttons that show only their icon. */
  label?: string;
  pressed?: boolean;
  onClick?: (e: JSX.TargetedMouseEvent<HTMLButtonElement>) => void;
  children?: ComponentChildren;
}

/* A busy button does nothing, and keeps the focus, which a disabled one would lose. */
export function Button(p: ButtonProps) {
  return (
    <button type={p.type ?? 'button'} class={`button ${p.tone ?? 'plain'}${p.children ? '' : ' bare'}`}
      disabled={p.disabled && !p.busy} aria-disabled={p.busy || undefined} aria-busy={p.busy} title={p.title ?? p.label}
      aria-label={p.label} aria-pressed={p.pressed} onClick={(e) => (p.busy ? e.preventDefault() : p.onClick?.(e))}>
      {p.icon && <Icon name={p.icon} size={16} />}
      {p.children}
    </button>
  );
}

export function LinkButton(p: { to: string; icon?: IconName; tone?: 'main' | 'plain'; children: ComponentChildren }) {
  return (
    <a class={`button ${p.tone ?? 'plain'}`} href={p.to}>
      {p.icon && <Icon name={p.icon} size={16} />}
      {p.children}
    </a>
  );
}

/** What went wrong, where, and what to do about it. */
export function ProblemNote({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <div class="problem" role="alert" {...(problem.status ? english() : {})}>
      <strong>{problem.message}</strong>
      {problem.hint && <span>{problem.hint}</span>}
    </div>
  );
}

/** A sentence of the server about its tables, translated where it can be; `end` follows it. */
export function Doc({ text, end = '' }: { text: string; end?: string }) {
  const told = docText(text);
  return told === undefined ? <span lang="en">{text + end}</span> : <>{told + end}</>;
}

/** A place where nothing is yet: says what belongs here and how to begin. `whole`: it is the page. */
export function Empty({ title, text, whole, children }: {
  title: string; text?: ComponentChildren; whole?: boolean; children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      {whole ? <Heading>{title}</Heading> : <h2>{title}</h2>}
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

export function Loading() {
  return <div class="loading" role="status" aria-label={t('loading')} />;
}

/** Text that keeps its lines; it scrolls, so the keyboard must reach it. */
export function Pre({ text, label }: { text: string; label: string }) {
  return <pre class="json" tabIndex={0} role="region" aria-label={label}>{text}</pre>;
}

/** The heading of a view: here people arrive. */
function Heading({ children }: { children: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  const place = parts.value.join('/');
  useEffect(() => land(head.current), [place]);
  return <h1 ref={head} tabIndex={-1}>{children}</h1>;
}

export function Page({ title, lead, actions, children }: {
  title: ComponentChildren; lead?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren;
}) {
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · aims`;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <div>
          <Heading>{title}</Heading>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}

export function Card({ title, actions, children, wide }: {
  title?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; wide?: boolean;
}) {
  return (
    <section class={`card${wide ? ' wide' : ''}`}>
      {title && (
        <header>
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** The browser's own modal dialog: it traps the focus and closes on Escape by itself. */
export function Dialog({ title, onClose, children }: {
  title: string; onClose: () => void; children: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  /* Closed before it goes, it gives the focus back to what opened it. */
  useLayoutEffect(() => {
    const it = ref.current;
    it?.showModal();
    return () => it?.close();
  }, []);
  return (
    <dialog ref={ref} onClose={onClose} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <Button icon="close" label={t('close')} onClick={() => ref.current?.close()} />
      </header>
      {children}
    </dialog>
  );
}

export function Tabs({ tabs, at, onPick }: {
  tabs: { id: string; label: string; count?: number | undefined }[]; at: string; onPick: (id: string) => void;
}) {
  const press = (e: KeyboardEvent) => {
    const i = tabs.findIndex((x) => x.id === at);
    const steps: Record<string, number> = { ArrowRight: i + 1, ArrowLeft: i - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
    const next = e.key in steps ? tabs[(steps[e.key] ?? 0) % tabs.length] : undefined;
    if (!next) return;
    e.preventDefault();
    onPick(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const it = list.current?.querySelector<HTMLElement>('[aria-selected=true]');
    if (list.current && it) list.current.scrollLeft = it.offsetLeft - (list.current.clientWidth - it.offsetWidth) / 2;
  }, [at]);
  return (
    <div class="tabs" role="tablist" onKeyDown={press} ref={list}>
      {tabs.map((x) => (
        <button key={x.id} id={`tab-${x.id}`} type="button" role="tab" aria-selected={x.id === at}
          tabIndex={x.id === at ? 0 : -1} onClick={() => onPick(x.id)}>
          {x.label}
          {x.count !== undefined && <span class="count">{x.count}</span>}
        </button>
      ))}
    </div>
  );
}

// ---- short messages ----

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}
const toasts = signal<Toast[]>([]);
let lastToast = 0;

export function say(text: string, bad = false): void {
  const id = ++lastToast;
  /* Said again, it is said once, for as long as the last time. */
  toasts.value = [...toasts.value.filter((x) => x.text !== text).slice(-3), { id, text, bad }];
  window.setTimeout(() => {
    toasts.value = toasts.value.filter((x) => x.id !== id);
  }, bad ? 12000 : 5000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((x) => (
        <p key={x.id} class={x.bad ? 'bad' : ''}>{x.text}</p>
      ))}
    </div>
  );
}
