/** What an event may hold, checked where it comes from elsewhere: from the page, or from the disk. */
import { z } from 'zod';
import { type AnnotationEvent, type EventDraft, objectSources, objectStates, operations } from './event.js';
import type { ProposeRequest, MaskRequest } from './messages.js';

const whole = z.int().min(0);

const Region = z.strictObject({ x: whole, y: whole, width: z.int().min(1), height: z.int().min(1) });

/** Whether it fits its image is told by `problemOfPatch`. */
const Patch = z.strictObject({ ...Region.shape, runs: z.array(z.int()) });

const ObjectChange = z.union([
  z.strictObject({ id: z.int().min(1), removed: z.literal(true) }),
  z.strictObject({
    id: z.int().min(1),
    state: z.enum(objectStates),
    source: z.enum(objectSources),
    score: z.number().min(0).max(1).optional(),
  }),
]);

/** Letters of a reason for which an image is skipped. */
const longestReason = 500;

/** Names events and tabs: UUIDs of any version, in small letters. */
const Uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u);

const draft = {
  op: z.enum(operations),
  source: z.enum(objectSources),
  patch: Patch.optional(),
  objects: z.array(ObjectChange).optional(),
  region: Region.optional(),
  undoes: z.int().min(1).optional(),
  reason: z.string().max(longestReason).optional(),
  uuid: Uuid,
  prev: whole,
  session: Uuid,
  ms: z.number().min(0),
  clicks: whole.optional(),
};

export const EventDraftSchema: z.ZodType<EventDraft> = z.strictObject(draft);

/** A line of a log. Keys that a newer version may have added are passed over. */
export const AnnotationEventSchema: z.ZodType<AnnotationEvent> = z.object({
  ...draft,
  v: z.literal(1),
  seq: z.int().min(1),
  time: z.string(),
  image: z.hash('sha256'),
  width: z.int().min(1),
  height: z.int().min(1),
  model: z.hash('sha256').optional(),
});

const coordinate = z
  .number()
  .min(-(2 ** 20))
  .max(2 ** 20);

export const MaskRequestSchema: z.ZodType<MaskRequest> = z.union([
  z.strictObject({
    box: z.strictObject({ x1: coordinate, y1: coordinate, x2: coordinate, y2: coordinate }),
  }),
  z.strictObject({ point: z.strictObject({ x: coordinate, y: coordinate }) }),
]);

export const ProposeRequestSchema: z.ZodType<ProposeRequest> = z.strictObject({
  uuid: Uuid,
  prev: whole,
  session: Uuid,
  region: Region.optional(),
});
