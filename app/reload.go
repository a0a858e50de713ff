package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"tocsin/store/state"
)

// atOnce are the keys that count without a new start.
var atOnce = []string{"sources", "subscribe", "topics", "log_groups", "smtp", "allow_networks", "pack", "alarms", "keep"}

// Reload makes another configuration count, as far as it can without a new
// start, and tells what it cannot. What keys name, such as a pack's file, may have
// changed although they did not. An error leaves the rest as it was.
func (a *App) Reload(ctx context.Context, c Config) error {
	a.mu.Lock()
	before := a.config
	a.mu.Unlock()
	changed, waits := changes(before, c)
	for _, key := range waits {
		a.o.Log.Warn("this change counts after a new start", "key", key)
	}
	c = keepFixed(before, c)
	if a.o.Level != nil {
		a.o.Level.Set(slog.Level(c.Log.Level))
	}
	fresh, err := newReceivers(&c, a.o.Roots)
	if err != nil {
		return err
	}
	pack, leftOut, err := controls(c.Pack)
	if err != nil {
		fresh.Close()
		return err
	}
	var groups []state.LogGroup
	var made []string
	err = a.db.Update(ctx, func(tx *state.Tx) error {
		if groups, err = a.ensureLogGroups(ctx, tx, &c); err != nil {
			return err
		}
		if err := a.ensureTopics(ctx, tx, &c); err != nil {
			return err
		}
		made, err = a.applyPack(ctx, tx, &c, pack, groups[0])
		return err
	})
	if err != nil {
		fresh.Close()
		return fmt.Errorf("set up: %w", err)
	}
	a.receivers.set(fresh)
	a.groups.set(groups)
	a.mu.Lock()
	a.config = c
	a.mu.Unlock()
	if len(made) > 0 {
		a.o.Log.Info("alarms were made", "alarms", strings.Join(made, ", "), "left_out", strings.Join(leftOut, ", "))
	}
	if err := a.sync(ctx); err != nil {
		return err
	}
	if err := a.feeds.set(ctx, c.Sources); err != nil {
		return err
	}
	a.o.Log.Info("the configuration was read again", "changed", cmp.Or(strings.Join(changed, ", "), "nothing"))
	return nil
}

// changes are the keys that differ: those that can count at once, and those that
// need a new start.
func changes(a, b Config) (changed, waits []string) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for _, k := range keys(x.Type()) {
		if reflect.DeepEqual(x.FieldByIndex(k.field.Index).Interface(), y.FieldByIndex(k.field.Index).Interface()) {
			continue
		}
		switch {
		case slices.Contains(atOnce, k.name):
			changed = append(changed, k.name)
		case k.name == "log":
			if a.Log.Level != b.Log.Level {
				changed = append(changed, "log.level")
			}
			if a.Log.Format != b.Log.Format {
				waits = append(waits, "log.format")
			}
		default:
			waits = append(waits, k.name)
		}
	}
	return changed, waits
}

// keepFixed is the new configuration with what needs a new start as it was.
func keepFixed(before, now Config) Config {
	x, y := reflect.ValueOf(before), reflect.ValueOf(&now).Elem()
	for _, k := range keys(x.Type()) {
		if !slices.Contains(atOnce, k.name) && k.name != "log" {
			y.FieldByIndex(k.field.Index).Set(x.FieldByIndex(k.field.Index))
		}
	}
	now.Log.Format = before.Log.Format
	return now
}
