package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/flow"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// First is what a start made, for the operator to read.
type First struct {
	// Start says that nothing was there before.
	Start bool
	// RootKey is the root key; Made says that it was made now, and is shown once.
	RootKey RootKey
	Made    bool
	// Alarms are the alarms of the pack that were made, LeftOut those controls of
	// it that hold example values.
	Alarms  []string
	LeftOut []string
	// Subscribers are those of the configuration, as they are now.
	Subscribers []state.Subscription
	// Declined ended their subscription by a link and are not told.
	Declined []roster.Named
}

// setUp makes what the configuration wants to exist: log groups, topics, the
// root key, and what of the pack was never there.
func (a *App) setUp(ctx context.Context) error {
	fresh := newRootKey()
	pack, leftOut, err := controls(a.config.Pack)
	if err != nil {
		return err
	}
	var first First
	var log []state.LogGroup
	err = a.db.Update(ctx, func(tx *state.Tx) error {
		first = First{LeftOut: leftOut}
		started, err := tx.Setting(ctx, startedSetting)
		if err != nil {
			return err
		}
		first.Start = started == ""
		if _, err := tx.InitSetting(ctx, startedSetting, a.o.Now().UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		if first.RootKey, first.Made, err = initRootKey(ctx, tx, a.o.RootKey, fresh); err != nil {
			return err
		}
		if log, err = a.ensureLogGroups(ctx, tx, &a.config); err != nil {
			return err
		}
		if err := a.ensureTopics(ctx, tx, &a.config); err != nil {
			return err
		}
		first.Alarms, err = a.applyPack(ctx, tx, &a.config, pack, log[0])
		return err
	})
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	a.first = first
	a.groups.set(log)
	return nil
}

const startedSetting = "started"

// ensureLogGroups makes the log groups of the configuration. Where it says how
// long they keep events, that counts, else what is set.
func (a *App) ensureLogGroups(ctx context.Context, tx *state.Tx, c *Config) ([]state.LogGroup, error) {
	var all []state.LogGroup
	for _, want := range c.LogGroups {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: c.Scope(), Name: want.Name, Created: a.o.Now()})
		if err != nil {
			return nil, err
		}
		if days := want.RetentionDays; days != nil && *days != g.RetentionDays {
			if err := tx.SetRetention(ctx, g.ID, *days); err != nil {
				return nil, err
			}
		}
		all = append(all, g)
	}
	return all, nil
}

// ensureTopics makes the topics of the configuration. One that is there keeps
// its settings, but for the name that is shown.
func (a *App) ensureTopics(ctx context.Context, tx *state.Tx, c *Config) error {
	for _, want := range c.Topics {
		arn := c.TopicARN(want.Name)
		t, err := tx.Topic(ctx, arn)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		fresh := err != nil
		if fresh {
			t = state.Topic{ARN: arn, Owner: c.Account, Created: a.o.Now()}
		}
		if !fresh && (want.DisplayName == "" || want.DisplayName == t.Settings.DisplayName) {
			continue
		}
		if t.Settings, err = t.Settings.Set("DisplayName", want.DisplayName); err != nil {
			return err
		}
		if err := tx.PutTopic(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// applied is what is remembered of packs: the ids of all controls that ever
// became a filter and an alarm here. What the user changed or deleted stays so.
type applied struct {
	Controls []string `json:"controls"`
}

const packSetting = "pack"

// applyPack makes filters and alarms of the controls that never had them, and
// tells which.
func (a *App) applyPack(ctx context.Context, tx *state.Tx, c *Config, pack *control.Pack, group state.LogGroup) (made []string, err error) {
	text, err := tx.Setting(ctx, packSetting)
	if err != nil {
		return nil, err
	}
	var done applied
	if text != "" {
		if err := json.Unmarshal([]byte(text), &done); err != nil {
			return nil, fmt.Errorf("what is known of packs that were applied cannot be read: %w", err)
		}
	}
	for i := range pack.Controls {
		k := &pack.Controls[i]
		if slices.Contains(done.Controls, k.ID) {
			continue
		}
		if err := a.applyControl(ctx, tx, c, k, group); err != nil {
			return nil, fmt.Errorf("control %s: %w", k.ID, err)
		}
		done.Controls = append(done.Controls, k.ID)
		made = append(made, k.ID)
	}
	if len(made) == 0 {
		return nil, nil
	}
	stored, err := json.Marshal(done)
	if err != nil {
		return nil, err
	}
	return made, tx.SetSetting(ctx, packSetting, string(stored))
}

// applyControl makes the filter and the alarm of a control, unless somebody made
// an alarm of that name before.
func (a *App) applyControl(ctx context.Context, tx *state.Tx, c *Config, k *control.Control, group state.LogGroup) error {
	scope := c.Scope()
	arn := alarm.ARN(scope.Partition, scope.Region, scope.Account, k.ID)
	if _, err := tx.Alarm(ctx, arn); !errors.Is(err, state.ErrNotFound) {
		return err
	}
	w, err := flow.NewWatch(k)
	if err != nil {
		return err
	}
	if _, err := tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: group.ID, Definition: filterOf(k), Created: a.o.Now()}); err != nil {
		return err
	}
	now := time.UnixMilli(a.o.Now().UnixMilli()).UTC()
	definition := w.Alarm
	definition.ARN, definition.AlarmActions, definition.ConfigurationUpdated = arn, []string{c.TopicARN("")}, now
	stored, _, err := tx.PutAlarm(ctx, state.Alarm{
		Scope: scope, Definition: definition, Record: alarm.NewRecord(now), Control: k.ID,
		Extra: state.AlarmExtra{Repeat: c.RepeatOf(k.ID), Title: k.Title, Severity: k.Severity.String()},
	})
	if err != nil {
		return err
	}
	return tx.AddHistory(ctx, arn, alarm.Created(stored.Definition, stored.Record, now))
}

// filterOf is the metric filter of a control.
func filterOf(k *control.Control) metric.Definition {
	return metric.Definition{
		FilterName: k.ID, FilterPattern: k.Pattern,
		Transformations: []metric.Transformation{{MetricName: k.Metric, MetricNamespace: k.Namespace, MetricValue: string(k.MetricValue)}},
	}
}

// syncRepeats writes how alarms of controls are told again where the
// configuration says it otherwise than what is stored.
func syncRepeats(ctx context.Context, tx *state.Tx, c *Config) error {
	alarms, err := tx.Alarms(ctx)
	if err != nil {
		return err
	}
	for _, a := range alarms {
		if want := c.RepeatOf(a.Definition.Name); a.Control != "" && a.Scope == c.Scope() && a.Extra.Repeat != want {
			a.Extra.Repeat = want
			if _, _, err := tx.PutAlarm(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// sync brings subscriptions and repeats in line with the configuration.
func (a *App) sync(ctx context.Context) error {
	c := a.Config()
	var wanted []roster.Named
	for _, s := range c.Subscribe {
		e, err := ParseEndpoint(s.To.Reveal())
		if err != nil {
			return err
		}
		wanted = append(wanted, roster.Named{TopicARN: c.TopicARN(s.Topic), Protocol: e.Protocol, Endpoint: e.Address, Attributes: s.attributes()})
	}
	synced, err := a.roster.SyncManaged(ctx, wanted)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	a.first.Subscribers = slices.Concat(synced.Added, synced.Kept, synced.Asked)
	a.first.Declined = synced.Declined
	slices.SortFunc(a.first.Subscribers, func(x, y state.Subscription) int { return strings.Compare(x.ARN, y.ARN) })
	return a.db.Update(ctx, func(tx *state.Tx) error { return syncRepeats(ctx, tx, &c) })
}

// First is what the start made.
func (a *App) First() First { return a.first }
