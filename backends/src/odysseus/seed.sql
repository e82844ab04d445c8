-- A household that organises its weeks with Odysseus, late in November 2026.

INSERT INTO users (id, username, display_name, role) VALUES
    (1, 'penelope',   'Penelope Aravind', 'admin'),
    (2, 'telemachus', 'Telemachus Aravind', 'user'),
    (3, 'eurycleia',  'Eurycleia Moss',   'user');

INSERT INTO sessions (id, owner, name, created_at) VALUES
    (1, 'penelope',   'kitchen renovation', '2026-11-18T18:02:00Z'),
    (2, 'telemachus', '#2',                 '2026-11-20T16:40:00Z');

INSERT INTO messages (session_id, role, content, created_at) VALUES
    (1, 'user',      'The tiles arrive on Thursday',  '2026-11-18T18:02:00Z'),
    (1, 'assistant', 'You wrote: "The tiles arrive on Thursday". That is 5 words.', '2026-11-18T18:02:00Z'),
    (2, 'user',      'Quiz me on the aorist',         '2026-11-20T16:40:00Z'),
    (2, 'assistant', 'You wrote: "Quiz me on the aorist". That is 5 words.', '2026-11-20T16:40:00Z');

INSERT INTO todos (id, text, label, due_at, is_done, created_by, created_at) VALUES
    (1, 'Call the tiler about the delivery',       'kitchen', '2026-11-24T09:00:00Z', 0, 'penelope',   '2026-11-18T18:05:00Z'),
    (2, 'Renew the library cards',                 'errands', NULL,                   0, 'eurycleia',  '2026-11-17T08:12:00Z'),
    (3, 'Order loom thread, undyed',               'errands', '2026-11-27T00:00:00Z', 0, 'penelope',   '2026-11-19T07:44:00Z'),
    (4, 'Bring the bicycle to the workshop',       NULL,      '2026-11-21T00:00:00Z', 1, 'telemachus', '2026-11-16T17:20:00Z'),
    (5, 'Greek exercises, chapter 14',             'school',  '2026-11-25T00:00:00Z', 0, 'telemachus', '2026-11-20T16:45:00Z');

INSERT INTO documents (id, title, content, created_by, created_at, updated_at) VALUES
    (1, 'Kitchen renovation: plan',
        'Week 48: tiles and grout. Week 49: worktop. Week 50: the electrician comes back for the hood. Budget left: 3,140 euros.',
        'penelope', '2026-10-05T19:30:00Z', '2026-11-18T18:20:00Z'),
    (2, 'House rules for the dog',
        'Argos eats at seven and at six. No cheese. He is old: stairs only on the lead, and slowly.',
        'eurycleia', '2026-05-11T06:50:00Z', '2026-09-02T07:15:00Z'),
    (3, 'Reading list, winter',
        'Circe. The Wine-Dark Sea. A history of knots. Something short for the train.',
        'penelope', '2026-11-01T20:10:00Z', '2026-11-15T21:05:00Z'),
    (4, 'Emergency numbers',
        'Plumber: 555-0142. Vet: 555-0117. The neighbours on the left have a key.',
        'eurycleia', '2026-01-20T09:00:00Z', '2026-01-20T09:00:00Z');

INSERT INTO emails (uid, box, state, sender, recipient, subject, content, in_reply_to, created_by, dated_at) VALUES
    (101, 'inbox', 'received', 'orders@tileworks.example', 'penelope@ithaca.example', 'Your delivery on Thursday',
        'Dear customer, your 14 boxes of tiles arrive on Thursday between 8 and 12. Please reply if nobody is at home.', NULL, NULL, '2026-11-18T16:31:00Z'),
    (102, 'inbox', 'received', 'library@ithaca.example', 'eurycleia@ithaca.example', 'Cards expire on 30 November',
        'Three cards on your account expire at the end of the month. They can be renewed at the desk or by reply.', NULL, NULL, '2026-11-17T08:00:00Z'),
    (103, 'inbox', 'received', 'mentor@school.example', 'penelope@ithaca.example', 'Telemachus: parents'' evening',
        'The parents'' evening is on 26 November at 18:30. Could you tell me by Tuesday whether you are coming?', NULL, NULL, '2026-11-19T12:45:00Z'),
    (104, 'inbox', 'received', 'newsletter@loomsupply.example', 'penelope@ithaca.example', 'Undyed yarns, ten per cent off',
        'Until the end of November all undyed yarns cost ten per cent less.', NULL, NULL, '2026-11-20T05:15:00Z'),
    (105, 'outbox', 'sent', 'penelope@ithaca.example', 'orders@tileworks.example', 'Re: Your delivery on Thursday',
        'Somebody is at home all morning. Please ring twice.', 101, 'penelope', '2026-11-18T18:04:00Z');

INSERT INTO events (uid, title, starts_at, ends_at, location, notes, created_by) VALUES
    (1, 'Dentist, Telemachus', '2026-11-23T14:00:00Z', '2026-11-23T14:40:00Z', 'Harbour Street 9', NULL, 'penelope'),
    (2, 'Choir',               '2026-11-24T18:30:00Z', '2026-11-24T20:30:00Z', 'Old Assembly Hall', 'Bring the blue folder', 'penelope'),
    (3, 'Tiles arrive',        '2026-11-26T08:00:00Z', '2026-11-26T12:00:00Z', 'Home', NULL, 'penelope'),
    (4, 'Parents'' evening',   '2026-11-26T18:30:00Z', '2026-11-26T20:00:00Z', 'School, room 12', NULL, 'penelope'),
    (5, 'Vet, Argos',          '2026-12-02T09:15:00Z', '2026-12-02T09:45:00Z', NULL, 'Vaccination booklet', 'eurycleia');

INSERT INTO memories (id, text, category, created_by, created_at, updated_at) VALUES
    (1, 'Penelope prefers short answers in the morning.',       'preference', 'penelope',   '2026-06-02T06:40:00Z', '2026-06-02T06:40:00Z'),
    (2, 'Telemachus is allergic to walnuts.',                   'health',     'eurycleia',  '2026-03-14T11:25:00Z', '2026-03-14T11:25:00Z'),
    (3, 'The car is in the shop every second Tuesday of April.', 'household', 'penelope',   '2026-04-08T17:00:00Z', '2026-04-08T17:00:00Z'),
    (4, 'School ends at 13:10 on Fridays.',                     'household',  'telemachus', '2026-09-04T12:02:00Z', '2026-09-04T12:02:00Z');
