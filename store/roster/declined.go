package roster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"tocsin/store/state"
)

// What was ended by a link is remembered as long as the configuration names it,
// in one setting for each: below this name, by the hash of its key.
const declinedSettings = "roster/declined/"

func declinedSetting(key string) string {
	sum := sha256.Sum256([]byte(key))
	return declinedSettings + hex.EncodeToString(sum[:])
}

// decline remembers that somebody refused the messages of a subscription.
func decline(ctx context.Context, tx *state.Tx, s state.Subscription, at time.Time) error {
	return tx.SetSetting(ctx, declinedSetting(key(s)), at.Format(time.RFC3339))
}

func isDeclined(ctx context.Context, tx *state.Tx, s state.Subscription) (bool, error) {
	at, err := tx.Setting(ctx, declinedSetting(key(s)))
	return at != "", err
}

// forgive forgets that: the subscription is wanted again.
func forgive(ctx context.Context, tx *state.Tx, s state.Subscription) error {
	return tx.SetSetting(ctx, declinedSetting(key(s)), "")
}

// forgiveOthers forgets it of all that are not named.
func forgiveOthers(ctx context.Context, tx *state.Tx, named map[string]bool) error {
	keep := map[string]bool{}
	for k := range named {
		keep[declinedSetting(k)] = true
	}
	settings, err := tx.SettingsUnder(ctx, declinedSettings)
	if err != nil {
		return err
	}
	for _, name := range settings {
		if keep[name] {
			continue
		}
		if err := tx.SetSetting(ctx, name, ""); err != nil {
			return err
		}
	}
	return nil
}
