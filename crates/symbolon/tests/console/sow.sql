-- ?1 tokens of O.D.I.N. made a minute apart up to now, of each owner and in each state: of ten one is disabled, of
-- twenty one has expired and one is revoked. Half were used. The digests are of no secret.
WITH RECURSIVE
n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1),
made AS (SELECT i, (unixepoch() - 60 * i - 60) * 1000 AS at FROM n),
owners AS (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place, count(*) OVER () AS of FROM users WHERE active = 1)
INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, disabled, created_at, updated_at,
                    expires_at, last_used_at, revoked_at, revision, digest, pepper)
SELECT
    printf('tok_%012x7%03x8%015x', at, i % 4096, i), 'odin', printf('token-%06d', i), '', owners.id,
    printf('T%07d', i),
    CASE i % 3 WHEN 0 THEN '["read:printers"]' WHEN 1 THEN '["read:jobs","read:printers"]' ELSE '["agent:read"]' END,
    i % 10 = 7, at, at,
    CASE WHEN i % 20 = 3 THEN at + 1000 WHEN i % 2 THEN at + 31536000000 END,
    CASE WHEN i % 2 = 0 THEN at + 1000 END,
    CASE WHEN i % 20 = 5 THEN at + 2000 END, 1,
    CASE WHEN i % 20 <> 5 THEN randomblob(32) END,
    CASE WHEN i % 20 <> 5 THEN (SELECT max(pepper) FROM keys) END
FROM made JOIN owners ON owners.place = i % owners.of;
