-- What callers see. `json()` around a subquery or a boolean keeps SQLite from quoting it as text.

CREATE VIEW printer_json AS
SELECT p.id, p.status, json_object(
    'id', p.id, 'name', p.name, 'model', p.model, 'location', p.location, 'status', p.status,
    'slot_count', p.slot_count, 'progress_percent', p.progress,
    'current_job_id', (SELECT j.id FROM jobs j WHERE j.printer_id = p.id AND j.status = 'printing'),
    'print_hours', p.print_hours, 'created_at', p.created_at
) AS body FROM printers p;

CREATE VIEW telemetry_json AS
SELECT p.id, json_object(
    'printer_id', p.id, 'name', p.name, 'status', p.status,
    'nozzle', json_object('actual', p.nozzle_actual, 'target', p.nozzle_target),
    'bed', json_object('actual', p.bed_actual, 'target', p.bed_target),
    'progress_percent', p.progress, 'minutes_left', p.minutes_left, 'power_watts', p.power_watts
) AS body FROM printers p;

CREATE VIEW slot_json AS
SELECT s.printer_id, s.slot, json_object(
    'printer_id', s.printer_id, 'slot', s.slot, 'spool_id', s.spool_id,
    'filament_type', f.filament_type, 'color', f.color, 'remaining_grams', f.remaining_grams
) AS body FROM slots s LEFT JOIN spools f ON f.id = s.spool_id;

CREATE VIEW spool_json AS
SELECT f.id, f.filament_type, f.remaining_grams > 0 AND s.spool_id IS NULL AS is_available, json_object(
    'id', f.id, 'brand', f.brand, 'filament_type', f.filament_type, 'color', f.color, 'location', f.location,
    'initial_grams', f.initial_grams, 'remaining_grams', f.remaining_grams, 'cost_per_kg', f.cost_per_kg,
    'printer_id', s.printer_id, 'slot', s.slot, 'created_at', f.created_at
) AS body FROM spools f LEFT JOIN slots s ON s.spool_id = f.id;

CREATE VIEW filament_json AS
SELECT id, json_object(
    'id', id, 'brand', brand, 'name', name, 'filament_type', filament_type, 'color_hex', color_hex,
    'nozzle_temp', nozzle_temp, 'bed_temp', bed_temp, 'cost_per_kg', cost_per_kg
) AS body FROM filament_library;

CREATE VIEW model_json AS
SELECT id, json_object(
    'id', id, 'name', name, 'category', category, 'filament_type', filament_type,
    'filament_grams', filament_grams, 'print_minutes', print_minutes, 'created_at', created_at
) AS body FROM models;

-- What one print of a model costs, in euros: filament at the library's mean price for its type (24.00 a kilogram where
-- there is none), 0.12 kW at 0.32 a kilowatt-hour, and 0.40 for each hour of the machine.
CREATE VIEW model_cost AS
SELECT m.id,
    round(m.filament_grams / 1000.0 * coalesce(
        (SELECT avg(l.cost_per_kg) FROM filament_library l WHERE l.filament_type = m.filament_type), 24.0), 2)
        AS material,
    round(m.print_minutes / 60.0 * 0.12 * 0.32, 2) AS energy,
    round(m.print_minutes / 60.0 * 0.40, 2) AS machine
FROM models m;

CREATE VIEW model_cost_json AS
SELECT id, json_object(
    'model_id', id, 'currency', 'EUR', 'material', material, 'energy', energy, 'machine', machine,
    'total', round(material + energy + machine, 2)
) AS body FROM model_cost;

CREATE VIEW job_json AS
SELECT j.id, j.status, json_object(
    'id', j.id, 'model_id', j.model_id, 'model_name', m.name, 'printer_id', j.printer_id, 'printer_name', p.name,
    'quantity', j.quantity, 'priority', j.priority, 'status', j.status, 'notes', j.notes, 'reason', j.reason,
    'submitted_by', j.submitted_by, 'reviewed_by', j.reviewed_by,
    'created_at', j.created_at, 'started_at', j.started_at, 'finished_at', j.finished_at
) AS body FROM jobs j JOIN models m ON m.id = j.model_id LEFT JOIN printers p ON p.id = j.printer_id;

CREATE VIEW order_json AS
SELECT o.id, o.status, json_object(
    'id', o.id, 'customer', o.customer, 'status', o.status, 'currency', 'EUR',
    'total', (SELECT round(sum(i.quantity * i.unit_price), 2) FROM order_items i WHERE i.order_id = o.id),
    'items', json((SELECT json_group_array(json_object(
        'model_id', i.model_id, 'model_name', m.name, 'quantity', i.quantity, 'unit_price', i.unit_price))
        FROM order_items i JOIN models m ON m.id = i.model_id WHERE i.order_id = o.id)),
    'due_at', o.due_at, 'notes', o.notes, 'created_by', o.created_by, 'created_at', o.created_at
) AS body FROM orders o;

CREATE VIEW user_json AS
SELECT id, json_object(
    'id', id, 'username', username, 'display_name', display_name, 'email', email, 'role', role,
    'department', department, 'is_active', json(iif(is_active, 'true', 'false'))
) AS body FROM users;

CREATE VIEW alert_json AS
SELECT id, severity, is_read, is_dismissed, json_object(
    'id', id, 'severity', severity, 'title', title, 'message', message, 'printer_id', printer_id,
    'is_read', json(iif(is_read, 'true', 'false')), 'is_dismissed', json(iif(is_dismissed, 'true', 'false')),
    'created_at', created_at
) AS body FROM alerts;

CREATE VIEW maintenance_json AS
SELECT t.id, p.print_hours >= t.done_at_hours + t.interval_hours AS is_overdue, json_object(
    'id', t.id, 'name', t.name, 'printer_id', t.printer_id, 'printer_name', p.name,
    'interval_hours', t.interval_hours,
    'hours_left', round(t.done_at_hours + t.interval_hours - p.print_hours, 1),
    'overdue', json(iif(p.print_hours >= t.done_at_hours + t.interval_hours, 'true', 'false')),
    'last_performed_at', (SELECT max(l.performed_at) FROM maintenance_logs l WHERE l.task_id = t.id)
) AS body FROM maintenance_tasks t JOIN printers p ON p.id = t.printer_id;

CREATE VIEW maintenance_log_json AS
SELECT l.id, json_object(
    'id', l.id, 'task_id', l.task_id, 'task_name', t.name, 'printer_id', t.printer_id, 'notes', l.notes,
    'print_hours', l.print_hours, 'performed_by', l.performed_by, 'performed_at', l.performed_at
) AS body FROM maintenance_logs l JOIN maintenance_tasks t ON t.id = l.task_id;

CREATE VIEW backup_json AS
SELECT id, json_object(
    'id', id, 'filename', filename, 'status', status, 'size_bytes', size_bytes,
    'requested_by', requested_by, 'created_at', created_at
) AS body FROM backups;

CREATE VIEW stats_json AS
SELECT json_object(
    'printers', json((SELECT json_group_object(status, n)
        FROM (SELECT status, count(*) AS n FROM printers GROUP BY status ORDER BY status))),
    'jobs', json((SELECT json_group_object(status, n)
        FROM (SELECT status, count(*) AS n FROM jobs GROUP BY status ORDER BY status))),
    'spools', json_object('total', (SELECT count(*) FROM spools),
        'low', (SELECT count(*) FROM spools WHERE remaining_grams < 100)),
    'open_orders', (SELECT count(*) FROM orders WHERE status IN ('pending', 'in_progress')),
    'unread_alerts', (SELECT count(*) FROM alerts WHERE is_read = 0 AND is_dismissed = 0)
) AS body;

CREATE VIEW analytics_json AS
SELECT json_object(
    'finished_jobs', (SELECT count(*) FROM jobs WHERE status IN ('completed', 'failed')),
    'success_rate', (SELECT round(avg(status = 'completed'), 3) FROM jobs WHERE status IN ('completed', 'failed')),
    'filament_grams', json((SELECT json_group_object(filament_type, grams) FROM (
        SELECT m.filament_type, round(sum(j.quantity * m.filament_grams), 1) AS grams
        FROM jobs j JOIN models m ON m.id = j.model_id WHERE j.status = 'completed'
        GROUP BY m.filament_type ORDER BY m.filament_type))),
    'print_hours', json((SELECT json_group_array(json_object('printer_id', id, 'name', name, 'hours', print_hours))
        FROM (SELECT id, name, print_hours FROM printers ORDER BY print_hours DESC))),
    'top_models', json((SELECT json_group_array(json_object('model_id', id, 'name', name, 'prints', prints)) FROM (
        SELECT m.id, m.name, sum(j.quantity) AS prints
        FROM jobs j JOIN models m ON m.id = j.model_id WHERE j.status = 'completed'
        GROUP BY m.id ORDER BY prints DESC, m.id LIMIT 5)))
) AS body;

-- Completed jobs by the department of whoever asked for them; users that O.D.I.N. does not list have none.
CREATE VIEW chargeback_json AS
SELECT department, json_object(
    'department', department, 'jobs', jobs, 'prints', prints, 'total', total, 'currency', 'EUR'
) AS body FROM (
    SELECT coalesce(u.department, 'Unassigned') AS department, count(*) AS jobs, sum(j.quantity) AS prints,
        round(sum(j.quantity * (c.material + c.energy + c.machine)), 2) AS total
    FROM jobs j JOIN model_cost c ON c.id = j.model_id LEFT JOIN users u ON u.username = j.submitted_by
    WHERE j.status = 'completed' GROUP BY 1);
