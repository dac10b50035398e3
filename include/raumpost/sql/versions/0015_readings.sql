-- How often a received mail was begun to be read, so that one that ends its reader cannot stop the others for good.

ALTER TABLE raumpost.mail ADD COLUMN readings integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN raumpost.mail.readings IS
    'how often its reading was begun, and not given up for a reason that lies in the database';
