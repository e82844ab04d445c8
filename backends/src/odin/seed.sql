-- A print farm in the third week of November 2026. Model 42 and printer 1 are the ones of O.D.I.N.'s own document.

INSERT INTO users (id, username, display_name, email, role, department, is_active) VALUES
    (1, 'm.lindqvist', 'Maja Lindqvist',  'maja.lindqvist@farm.example',  'superadmin', 'Operations', 1),
    (2, 't.okafor',    'Tobe Okafor',     'tobe.okafor@farm.example',     'admin',      'Operations', 1),
    (3, 'h.brandt',    'Hanna Brandt',    'hanna.brandt@farm.example',    'operator',   'Prototyping', 1),
    (4, 'j.ferreira',  'João Ferreira',   'joao.ferreira@farm.example',   'operator',   'Production', 1),
    (5, 's.rahman',    'Sadia Rahman',    'sadia.rahman@farm.example',    'viewer',     'Robotics Lab', 1),
    (6, 'p.novak',     'Petr Novák',      'petr.novak@farm.example',      'viewer',     'Architecture', 0);

INSERT INTO printers (id, name, model, location, slot_count, status, nozzle_actual, nozzle_target, bed_actual,
                      bed_target, progress, minutes_left, power_watts, print_hours, created_at) VALUES
    (1, 'Huginn',    'Bambu Lab X1C',    'Rack A', 4, 'printing', 219.6, 220,  59.8,  60,   63,   98, 131.5, 2841.2, '2025-02-03T08:10:00Z'),
    (2, 'Muninn',    'Bambu Lab X1C',    'Rack A', 4, 'idle',      27.1,   0,  25.4,   0, NULL, NULL,  11.2, 2603.7, '2025-02-03T08:25:00Z'),
    (3, 'Sleipnir',  'Bambu Lab P1S',    'Rack A', 4, 'paused',   218.9, 220,  60.1,  60,   41,  186,  64.0, 1975.0, '2025-03-17T13:40:00Z'),
    (4, 'Geri',      'Bambu Lab P1S',    'Rack B', 4, 'printing', 254.8, 255,  79.7,  80,   12,  412, 148.3, 1822.4, '2025-03-17T13:55:00Z'),
    (5, 'Freki',     'Prusa MK4S',       'Rack B', 1, 'idle',      24.0,   0,  23.2,   0, NULL, NULL,   8.9, 3120.9, '2024-11-29T09:00:00Z'),
    (6, 'Ratatoskr', 'Prusa MK4S',       'Rack B', 1, 'error',     31.5,   0,  28.8,   0, NULL, NULL,  10.1, 3344.6, '2024-11-29T09:20:00Z'),
    (7, 'Fenrir',    'Prusa XL',         'Bench',  5, 'idle',      25.7,   0,  24.9,   0, NULL, NULL,  15.4,  964.3, '2025-08-11T10:30:00Z'),
    (8, 'Sköll',     'Voron 2.4 350',    'Bench',  1, 'offline',    0.0,   0,   0.0,   0, NULL, NULL,   0.0,  711.8, '2025-09-22T16:05:00Z');

INSERT INTO filament_library (id, brand, name, filament_type, color_hex, nozzle_temp, bed_temp, cost_per_kg) VALUES
    (1, 'Prusament',   'Galaxy Black',     'PLA',  '#3D3E3D', 215, 60, 29.99),
    (2, 'Prusament',   'Lipstick Red',     'PLA',  '#C3002F', 215, 60, 29.99),
    (3, 'Bambu Lab',   'Basic White',      'PLA',  '#FFFFFF', 220, 55, 22.99),
    (4, 'Bambu Lab',   'Matte Ash Gray',   'PLA',  '#9B9EA0', 220, 55, 24.99),
    (5, 'Prusament',   'Prusa Orange',     'PETG', '#FA6831', 250, 85, 29.99),
    (6, 'Polymaker',   'PolyLite Clear',   'PETG', '#E8ECEA', 240, 75, 23.50),
    (7, 'Polymaker',   'PolyLite Black',   'ASA',  '#1B1B1B', 255, 95, 31.90),
    (8, 'NinjaTek',    'NinjaFlex Midnight', 'TPU', '#111111', 230, 45, 84.00),
    (9, 'Fiberlogy',   'PA12+CF15',        'PA-CF', '#2B2B2B', 270, 95, 92.00);

INSERT INTO spools (id, brand, filament_type, color, location, initial_grams, remaining_grams, cost_per_kg,
                    created_at) VALUES
    (1,  'Prusament', 'PLA',   'Galaxy Black',   NULL,       1000, 612.4, 29.99, '2026-10-02T07:30:00Z'),
    (2,  'Prusament', 'PLA',   'Lipstick Red',   NULL,       1000, 340.0, 29.99, '2026-10-02T07:31:00Z'),
    (3,  'Bambu Lab', 'PLA',   'Basic White',    NULL,       1000, 884.1, 22.99, '2026-10-19T12:04:00Z'),
    (4,  'Bambu Lab', 'PLA',   'Basic White',    'Shelf 1',  1000, 1000,  22.99, '2026-11-09T12:04:00Z'),
    (5,  'Bambu Lab', 'PLA',   'Matte Ash Gray', 'Shelf 1',  1000,  71.5, 24.99, '2026-08-24T09:15:00Z'),
    (6,  'Prusament', 'PETG',  'Prusa Orange',   NULL,       1000, 505.0, 29.99, '2026-09-14T10:20:00Z'),
    (7,  'Prusament', 'PETG',  'Prusa Orange',   'Dry box',  1000, 930.2, 29.99, '2026-11-02T10:20:00Z'),
    (8,  'Polymaker', 'PETG',  'Clear',          'Dry box',  1000, 268.7, 23.50, '2026-07-30T15:45:00Z'),
    (9,  'Polymaker', 'ASA',   'Black',          NULL,       1000, 447.9, 31.90, '2026-10-27T08:00:00Z'),
    (10, 'NinjaTek',  'TPU',   'Midnight',       'Dry box',   500, 388.0, 84.00, '2026-06-18T11:10:00Z'),
    (11, 'Fiberlogy', 'PA-CF', 'Carbon',         'Dry box',   500,   0.0, 92.00, '2026-03-05T11:10:00Z');

INSERT INTO slots (printer_id, slot, spool_id) VALUES
    (1, 1, 1), (1, 2, 2), (1, 3, NULL), (1, 4, NULL),
    (2, 1, 3), (2, 2, NULL), (2, 3, NULL), (2, 4, NULL),
    (3, 1, 6), (3, 2, NULL), (3, 3, NULL), (3, 4, NULL),
    (4, 1, 9), (4, 2, NULL), (4, 3, NULL), (4, 4, NULL),
    (5, 1, NULL), (6, 1, NULL),
    (7, 1, NULL), (7, 2, NULL), (7, 3, NULL), (7, 4, NULL), (7, 5, NULL),
    (8, 1, NULL);

INSERT INTO models (id, name, category, filament_type, filament_grams, print_minutes, created_at) VALUES
    (3,  'Calibration cube 20 mm',       'Calibration', 'PLA',    5.1,   19, '2024-12-02T10:00:00Z'),
    (7,  'Cable chain link',             'Spare parts', 'PETG',   8.4,   31, '2025-01-14T15:22:00Z'),
    (12, 'Drone arm, 5 inch',            'Robotics',    'PA-CF', 22.0,   96, '2025-03-27T09:41:00Z'),
    (18, 'Raspberry Pi 5 case',          'Enclosures',  'PLA',   46.3,  142, '2025-05-06T12:18:00Z'),
    (23, 'Gasket, 40 mm',                'Spare parts', 'TPU',    6.7,   48, '2025-06-19T08:05:00Z'),
    (29, 'Greenhouse vent hinge',        'Production',  'ASA',   31.2,   88, '2025-09-01T13:37:00Z'),
    (35, 'Site model, Harbour quarter',  'Architecture', 'PLA', 318.0, 1105, '2026-02-11T16:50:00Z'),
    (42, 'Towel hook, wall mount',       'Production',  'PETG',  27.5,   74, '2026-04-20T11:11:00Z'),
    (51, 'Gripper finger, left',         'Robotics',    'PETG',  18.9,   67, '2026-08-03T14:02:00Z'),
    (52, 'Gripper finger, right',        'Robotics',    'PETG',  18.9,   67, '2026-08-03T14:03:00Z'),
    (57, 'Label holder, shelf edge',     'Production',  'PLA',   11.6,   35, '2026-10-12T09:30:00Z');

INSERT INTO jobs (id, model_id, printer_id, quantity, priority, status, notes, reason, submitted_by, reviewed_by,
                  created_at, started_at, finished_at) VALUES
    (101, 57, 2, 12, 'normal', 'completed', NULL, NULL, 'j.ferreira', NULL, '2026-11-16T07:58:00Z', '2026-11-16T08:05:00Z', '2026-11-16T15:12:00Z'),
    (102, 29, 4, 6,  'high',   'completed', 'Order 11', NULL, 'j.ferreira', NULL, '2026-11-16T08:20:00Z', '2026-11-16T09:00:00Z', '2026-11-16T17:51:00Z'),
    (103, 12, 7, 4,  'normal', 'failed', NULL, 'Nozzle clog after layer 31', 's.rahman', 'h.brandt', '2026-11-17T10:02:00Z', '2026-11-17T11:20:00Z', '2026-11-17T12:44:00Z'),
    (104, 42, 3, 8,  'normal', 'completed', 'Order 12', NULL, 'j.ferreira', NULL, '2026-11-17T12:30:00Z', '2026-11-17T12:40:00Z', '2026-11-17T22:33:00Z'),
    (105, 3,  5, 1,  'low',    'completed', 'After the belt change', NULL, 'h.brandt', NULL, '2026-11-18T07:15:00Z', '2026-11-18T07:18:00Z', '2026-11-18T07:37:00Z'),
    (106, 18, 1, 3,  'normal', 'completed', NULL, NULL, 's.rahman', 't.okafor', '2026-11-18T09:09:00Z', '2026-11-18T10:00:00Z', '2026-11-18T17:10:00Z'),
    (107, 35, 2, 1,  'low',    'cancelled', NULL, 'Design changed', 'p.novak', 't.okafor', '2026-11-18T13:45:00Z', NULL, '2026-11-19T08:01:00Z'),
    (108, 23, 6, 20, 'normal', 'failed', NULL, 'Heater fault', 'j.ferreira', NULL, '2026-11-19T08:30:00Z', '2026-11-19T08:40:00Z', '2026-11-19T09:02:00Z'),
    (109, 35, 7, 1,  'normal', 'rejected', NULL, 'Too large for this week', 'p.novak', 't.okafor', '2026-11-19T14:10:00Z', NULL, '2026-11-19T15:00:00Z'),
    (110, 18, 1, 2,  'high',   'printing', 'Demo on Monday', NULL, 'h.brandt', NULL, '2026-11-20T15:30:00Z', '2026-11-22T06:10:00Z', NULL),
    (111, 51, 3, 4,  'normal', 'printing', NULL, NULL, 's.rahman', 'h.brandt', '2026-11-20T16:02:00Z', '2026-11-22T06:25:00Z', NULL),
    (112, 29, 4, 10, 'urgent', 'printing', 'Order 14', NULL, 'j.ferreira', NULL, '2026-11-21T09:00:00Z', '2026-11-22T07:40:00Z', NULL),
    (113, 52, 3, 4,  'normal', 'queued', NULL, NULL, 's.rahman', 'h.brandt', '2026-11-21T09:10:00Z', NULL, NULL),
    (114, 42, NULL, 24, 'high', 'scheduled', 'Order 13', NULL, 'j.ferreira', NULL, '2026-11-21T10:45:00Z', NULL, NULL),
    (115, 7,  5, 40, 'low',    'pending', NULL, NULL, 'h.brandt', NULL, '2026-11-21T11:20:00Z', NULL, NULL),
    (116, 57, NULL, 30, 'normal', 'pending', NULL, NULL, 'j.ferreira', NULL, '2026-11-21T12:00:00Z', NULL, NULL),
    (117, 12, NULL, 2, 'normal', 'submitted', 'For the spring race', NULL, 's.rahman', NULL, '2026-11-21T16:31:00Z', NULL, NULL),
    (118, 35, NULL, 1, 'low', 'submitted', 'Smaller scale than before', NULL, 'p.novak', NULL, '2026-11-21T17:05:00Z', NULL, NULL);

INSERT INTO orders (id, customer, status, due_at, notes, created_by, created_at) VALUES
    (11, 'Gärtnerei Vogel',        'shipped',     '2026-11-18T00:00:00Z', NULL, 't.okafor', '2026-11-10T09:12:00Z'),
    (12, 'Hotel Drei Brücken',     'fulfilled',   '2026-11-20T00:00:00Z', 'Collected on site', 't.okafor', '2026-11-12T14:40:00Z'),
    (13, 'Hotel Drei Brücken',     'pending',     '2026-12-01T00:00:00Z', 'Second wing', 't.okafor', '2026-11-19T10:05:00Z'),
    (14, 'Gärtnerei Vogel',        'in_progress', '2026-11-24T00:00:00Z', NULL, 'm.lindqvist', '2026-11-20T08:55:00Z'),
    (15, 'Municipal Library',      'pending',     NULL,                   'Wants an invoice first', 't.okafor', '2026-11-21T13:20:00Z'),
    (16, 'Kestrel Robotics',       'cancelled',   '2026-11-30T00:00:00Z', NULL, 't.okafor', '2026-11-13T16:00:00Z');

INSERT INTO order_items (order_id, model_id, quantity, unit_price) VALUES
    (11, 29, 6, 6.40), (12, 42, 8, 4.90), (13, 42, 24, 4.50), (13, 57, 12, 1.80),
    (14, 29, 10, 6.20), (15, 57, 120, 1.50), (16, 51, 50, 3.80), (16, 52, 50, 3.80);

INSERT INTO alerts (id, severity, title, message, printer_id, is_read, is_dismissed, created_at) VALUES
    (1, 'critical', 'Heater fault',       'Ratatoskr stopped: the nozzle did not reach its temperature.', 6, 0, 0, '2026-11-19T09:02:00Z'),
    (2, 'warning',  'Spool nearly empty', 'Matte Ash Gray PLA has 71.5 g left.', NULL, 0, 0, '2026-11-20T06:00:00Z'),
    (3, 'warning',  'Print paused',       'Sleipnir paused: first-layer check asked for a look.', 3, 0, 0, '2026-11-22T07:31:00Z'),
    (4, 'critical', 'Printer offline',    'Sköll has not answered since Saturday evening.', 8, 1, 0, '2026-11-21T20:14:00Z'),
    (5, 'info',     'Job completed',      'Raspberry Pi 5 case, 3 of 3, on Huginn.', 1, 1, 0, '2026-11-18T17:10:00Z'),
    (6, 'info',     'Firmware available', 'A new release for the MK4S is out.', 5, 1, 1, '2026-11-15T05:00:00Z');

INSERT INTO maintenance_tasks (id, printer_id, name, interval_hours, done_at_hours) VALUES
    (1, 1, 'Grease lead screws',       600, 2500.0),
    (2, 1, 'Clean carbon rods',        150, 2690.0),
    (3, 2, 'Grease lead screws',       600, 2500.0),
    (4, 4, 'Replace nozzle',           400, 1700.0),
    (5, 5, 'Tighten belts',            300, 3100.5),
    (6, 6, 'Replace nozzle',           400, 2900.0),
    (7, 7, 'Calibrate tool offsets',   250,  750.0);

INSERT INTO maintenance_logs (id, task_id, notes, print_hours, performed_by, performed_at) VALUES
    (1, 4, 'Hardened steel, 0.4 mm', 1700.0, 'h.brandt', '2026-10-30T10:15:00Z'),
    (2, 5, NULL,                     3100.5, 'h.brandt', '2026-11-18T07:05:00Z');

INSERT INTO backups (id, filename, status, size_bytes, requested_by, created_at) VALUES
    (1, 'odin-2026-11-20.tar.gz', 'completed', 48301217, 'm.lindqvist', '2026-11-20T02:00:00Z'),
    (2, 'odin-2026-11-21.tar.gz', 'completed', 48377940, 'm.lindqvist', '2026-11-21T02:00:00Z');

INSERT INTO smtp_config (host, port, username, from_address, use_tls, password_set) VALUES
    ('mail.farm.example', 587, 'odin', 'odin@farm.example', 1, 1);
