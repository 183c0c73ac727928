// LiveStore's events and the table that they become, for the page and for its worker.

import { Events, makeSchema, Schema, State } from '@livestore/livestore';

export const tables = {
  events: State.SQLite.table({
    name: 'events',
    columns: {
      offset: State.SQLite.integer({ primaryKey: true }),
      value: State.SQLite.text({}),
    },
  }),
};

export const events = {
  appended: Events.synced({
    name: 'v1.Appended',
    schema: Schema.Struct({ offset: Schema.Number, value: Schema.String }),
  }),
};

const materializers = State.SQLite.materializers(events, {
  'v1.Appended': ({ offset, value }) => tables.events.insert({ offset, value }),
});

export const schema = makeSchema({ events, state: State.SQLite.makeState({ tables, materializers }) });
