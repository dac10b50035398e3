-- Roles with no more rights than they need, for the database with the schemas booking and raumpost; docs/operate/server.md says
-- who uses which. Run it as superuser after `make migrate`, and again after each upgrade. It sets no passwords: a role
-- without one cannot log in.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'booking_system') THEN
        CREATE ROLE booking_system LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'raumpost_reports') THEN
        CREATE ROLE raumpost_reports LOGIN;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO booking_system, raumpost_reports', current_database());
END $$;

-- The booking system writes its bookings and reads what became of them.
GRANT USAGE ON SCHEMA booking TO booking_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA booking TO booking_system;
REVOKE INSERT, UPDATE, DELETE ON booking.status FROM booking_system;

-- Reports read everything but the mails themselves.
ALTER ROLE raumpost_reports SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA booking, raumpost TO raumpost_reports;
GRANT SELECT ON ALL TABLES IN SCHEMA booking, raumpost TO raumpost_reports;
REVOKE SELECT ON raumpost.mail FROM raumpost_reports;
DO $$
BEGIN
    EXECUTE (
        SELECT format('GRANT SELECT (%s) ON raumpost.mail TO raumpost_reports', string_agg(quote_ident(attname), ', '))
        FROM pg_attribute
        WHERE attrelid = 'raumpost.mail'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'raw'
    );
END $$;
