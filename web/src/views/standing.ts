// standing.ts - the computed status of every clause and control, as the API gives it.
// SPDX-License-Identifier: Apache-2.0

export interface StandingItem {
  id: string;
  title: string;
  kind: 'clause' | 'control';
  status: string;
  applicable: boolean;
  implementation?: string;
  owner?: string;
  evidence: number;
  open_findings: number;
}

export interface Standing {
  at: string;
  organisation: string | null;
  clauses: Record<string, number>;
  controls: Record<string, number>;
  items: StandingItem[];
}

export interface TrailStep {
  plan: string | null;
  measurement: string | null;
  kind: string | null;
  dataset_sha256: string | null;
  model_sha256: string | null;
  leaf: number | null;
  verdict: string | null;
  observed_at: string | null;
  fresh_until: string | null;
}

export interface SoaEntry {
  control: string;
  applicable: boolean;
  status: string;
  reason: string | null;
  trail: TrailStep[];
}

export const STATUSES = ['failing', 'stale', 'planned', 'declared', 'proven', 'excluded'];
