package state

import "context"

// SetSetting sets a value, whatever it was; "" takes it away.
func (tx *Tx) SetSetting(ctx context.Context, name, value string) error {
	var err error
	if value == "" {
		_, err = tx.exec(ctx, "DELETE FROM settings WHERE name = $1", name)
	} else {
		_, err = tx.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	}
	return err
}

// SettingsUnder are the names of the settings that begin with prefix, an ASCII
// text, in order.
func (tx *Tx) SettingsUnder(ctx context.Context, prefix string) ([]string, error) {
	return all(ctx, tx, value[string], "SELECT name FROM settings WHERE substr(name, 1, $1) = $2 ORDER BY name", len(prefix), prefix)
}
