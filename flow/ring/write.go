package ring

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tocsin/core/alarm"
	"tocsin/core/topic"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// save writes an alarm's state, when it is due, and its stays in ALARM.
func (r *Ringer) save(ctx context.Context, tx *state.Tx, o outcome) error {
	err := tx.SaveEvaluation(ctx, r.o.Owner, state.Evaluation{
		Alarm: o.alarm.ID, Revision: o.alarm.Revision,
		Record: o.Record, Changed: o.Record != o.alarm.Record,
		Due: o.Due, EvaluatedTo: o.EvaluatedTo, Touched: o.Settled,
	})
	if err != nil {
		return err
	}
	for _, id := range o.Dropped {
		if err := tx.DropRing(ctx, id); err != nil {
			return err
		}
	}
	for _, s := range o.Stays {
		ring := state.Ring{ID: s.ID, Alarm: o.alarm.ID, From: s.From, To: s.To, Late: s.Late, Told: s.Told}
		if ring.ID == 0 {
			_, err = tx.AddRing(ctx, ring)
		} else {
			err = tx.UpdateRing(ctx, ring)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tell writes an outcome with what is to be told of it. The error of an alarm that
// is not ours any more is none: it is due again, here or elsewhere.
func (r *Ringer) tell(ctx context.Context, o outcome, now time.Time) error {
	summaries, err := r.summaries(ctx, o)
	if err != nil {
		return err
	}
	var done stepsDone
	steps := func(tx *state.Tx) error {
		done = stepsDone{}
		for i, step := range o.Steps {
			if err := r.writeStep(ctx, tx, o.alarm, step, summaries[i], now, &done); err != nil {
				return err
			}
		}
		return nil
	}
	crash.Point("ring: about to write")
	err = r.o.State.Update(ctx, func(tx *state.Tx) error {
		if err := r.save(ctx, tx, o); err != nil || crash.Without("one transaction") {
			return err
		}
		crash.Point("ring: state saved")
		return steps(tx)
	})
	switch {
	case lost(err):
		r.stats.overtaken.Add(1)
		return nil
	case err != nil:
		return err
	}
	crash.Point("ring: written")
	if crash.Without("one transaction") {
		if err := r.o.State.Update(ctx, steps); err != nil {
			return err
		}
	}
	r.stats.judged.Add(1)
	r.report(o, done)
	return nil
}

// stepsDone is what came of the actions of an outcome.
type stepsDone struct {
	published int
	failed    []failure
	// changed are changes of state that are not steps of the outcome: of composite
	// alarms, and those that were made by hand.
	changed []change
}

type failure struct {
	alarm, action string
	err           error
}

type change struct {
	name string
	from alarm.State
	to   alarm.Record
}

// report counts an outcome and tells the log.
func (r *Ringer) report(o outcome, done stepsDone) {
	for _, s := range o.Steps {
		if s.Repeated {
			r.stats.repeats.Add(1)
			continue
		}
		if s.Late {
			r.stats.late.Add(1)
		}
		r.changed(change{o.alarm.Definition.Name, s.Before.State, s.After}, s.Late)
	}
	r.account(done)
}

// changed counts a change of state and tells the log.
func (r *Ringer) changed(c change, late bool) {
	r.stats.changes.Add(1)
	tell := r.log.Info
	if c.from == alarm.InsufficientData && c.to.State == alarm.OK {
		tell = r.log.Debug // so does every new alarm: it is no news
	}
	tell("alarm", "name", c.name, "from", c.from, "to", c.to.State, "late", late, "reason", c.to.Reason)
}

// account counts what was done, tells the log, and wakes who delivers messages.
func (r *Ringer) account(done stepsDone) {
	for _, c := range done.changed {
		r.changed(c, false)
	}
	r.stats.published.Add(int64(done.published))
	r.stats.failed.Add(int64(len(done.failed)))
	for _, f := range done.failed {
		r.log.Warn("an action of an alarm could not be run", "alarm", f.alarm, "action", f.action, "error", f.err)
	}
	if done.published > 0 {
		r.o.Published()
	}
}

// writeStep writes the history of one step, the messages for its actions, and what
// becomes of composite alarms.
func (r *Ringer) writeStep(ctx context.Context, tx *state.Tx, a state.DueAlarm, s alarm.Step, summary []byte, now time.Time, done *stepsDone) error {
	definition := a.Definition
	if !s.Repeated {
		item := alarm.StateUpdated(definition.Name, a.Extra.Type(), s.Before, s.After)
		if err := tx.AddHistory(ctx, definition.ARN, item); err != nil {
			return err
		}
	}
	err := r.run(ctx, tx, act{
		scope: a.Scope, extra: a.Extra, base: baseOf(a.Alarm, s), summary: summary, began: a.Began,
		notice: alarm.Notice{Metric: &definition, From: s.Before.State, To: s.After},
	}, now, done)
	if err != nil || s.Repeated {
		return err
	}
	return r.spread(ctx, tx, a.Scope, childOf(definition.ARN, s.After), cause{summary, a.Began}, now, done)
}

// A refusal is why an action cannot be run.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

// publish puts the message for one action into the outbox and gives its text. An
// action that cannot be run is a *refusal.
func (r *Ringer) publish(ctx context.Context, tx *state.Tx, a act, action string, now time.Time) (string, error) {
	arn, ok := topic.ParseARN(action)
	if !ok || arn.Service != "sns" || strings.Contains(arn.Resource, ":") {
		return "", &refusal{fmt.Sprintf("tocsin acts on SNS topics only, and %s is none", action)}
	}
	t, err := tx.Topic(ctx, action)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return "", &refusal{fmt.Sprintf("there is no topic %s; create it, or take it out of the alarm's actions", action)}
	case err != nil:
		return "", err
	}
	if err := mayPublish(t, a.arn()); err != nil {
		return "", err
	}
	subject, text := a.notice.Subject(), a.notice.Message()
	message, err := topic.Publication{TopicARN: action, Message: text, MessageStructure: "json", Subject: &subject, Attributes: attributes(a.extra)}.
		Check(messageID(a.base, action), now)
	if err != nil {
		return "", &refusal{fmt.Sprintf("SNS would not take the message: %v", err)}
	}
	err = tx.Publish(ctx, state.Publication{Message: message, Kind: topic.Notification, Summary: a.summary, Alarm: a.arn(), ChainStart: a.began})
	if err != nil {
		return "", err
	}
	crash.Point("ring: published")
	return text, nil
}

// mayPublish asks the policy of a topic, and its key, whether alarms may ring
// there. An error is a *refusal, with the text that AWS's histories have.
func mayPublish(t state.Topic, alarmARN string) error {
	of, _ := topic.ParseARN(alarmARN)
	err := topic.ServicePublish(t.PolicyDocument(), t.ARN, "cloudwatch.amazonaws.com", topic.ServiceSource{ARN: alarmARN, Account: of.Account})
	var denied *topic.InvalidError
	switch {
	case errors.As(err, &denied):
		return &refusal{denied.Message}
	case err != nil:
		return &refusal{fmt.Sprintf("the policy of topic %s cannot be read: %v", t.ARN, err)}
	case t.Settings.AWSManagedKey():
		return &refusal{"CloudWatch Alarms does not have authorization to access the SNS topic encryption key."}
	}
	return nil
}

// attributes are what filter policies can select the messages of a pack's alarm
// by, besides what AWS writes in them; those of other alarms have none, as in AWS.
func attributes(x state.AlarmExtra) map[string]topic.AttributeValue {
	if x.Severity == "" {
		return nil
	}
	kind := "String"
	return map[string]topic.AttributeValue{"severity": {DataType: &kind, StringValue: &x.Severity}}
}

// space is that of the ids of messages of alarms, made once at random.
var space = uuid.MustParse("0b6a3a5e-6a0a-4c43-9d0b-6f2f4f0f7d13")

// baseOf is the same whenever the same step is written again, and another for every
// other: a record has one revision, and within it a step has its key. An alarm that
// was deleted and made again has another id or another time.
func baseOf(a state.Alarm, s alarm.Step) string {
	return strings.Join([]string{
		a.Definition.ARN, strconv.FormatInt(a.ID, 10), strconv.FormatInt(a.Definition.ConfigurationUpdated.UnixMilli(), 10),
		strconv.FormatInt(a.Revision, 10), s.Key,
	}, "\n")
}

// messageID is the id of the message for one action of an act.
func messageID(base, action string) string {
	return uuid.NewSHA1(space, []byte(base+"\n"+action)).String()
}
