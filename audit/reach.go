package audit

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/policy"
	"tocsin/core/topic"
)

// A ringer is the alarm whose action is followed, metric or composite.
type ringer struct {
	name, arn       string
	account, region string
	enabled         *bool
	actions         []string
	notice          alarm.Notice
	set             *AlarmSet
}

// reach judges the best of the actions of an alarm that goes into ALARM.
func (a *Account) reach(r ringer) []Link {
	kind := AlarmLink
	if r.notice.Composite != nil {
		kind = CompositeLink
	}
	switch {
	case len(r.actions) == 0:
		return []Link{{Kind: ActionLink, Rank: Broken, problem: alarmWithoutAction, Text: kind + " " + r.name + " has no action for ALARM"}}
	case r.enabled == nil:
		return []Link{{Kind: ActionLink, Name: r.name, Rank: Unknown, Text: "the answer does not say whether the actions of " + kind + " " + r.name + " are on"}}
	case !*r.enabled:
		return []Link{{Kind: ActionLink, Name: r.actions[0], Rank: Broken, problem: alarmActionsOff, Text: "the actions of " + kind + " " + r.name + " are switched off"}}
	}
	var best []Link
	muted, rank := a.muted(r.set, r.name)
	for _, action := range r.actions {
		links := a.follow(r, action)
		if rank > links[0].Rank {
			links[0].Rank, links[0].problem, links[0].Text = rank, alarmMuted, muted
		}
		if best == nil || worst(links) < worst(best) {
			best = links
		}
	}
	return best
}

// follow judges one action.
func (a *Account) follow(r ringer, action string) []Link {
	l := Link{Kind: ActionLink, Name: action}
	record, acted := r.set.newest(r.name, action)
	if acted {
		l.evidence = []Evidence{{Call: "cloudwatch:DescribeAlarmHistory", Resource: r.name, Answer: quoted(record.Summary + " at " + record.At.Format("2006-01-02T15:04:05Z"))}}
	}
	if arnPart(action, 2) != "sns" {
		l.Rank, l.Text = Restricted, "an action of another kind, which reaches people in its own way or not at all"
		if record.Failed {
			l.Rank, l.Text = Broken, failureText(record)
		}
		return []Link{l}
	}
	t := a.topic(action)
	if t == nil {
		l.Rank, l.Text = Unknown, a.unread("sns:GetTopicAttributes", action)
		return []Link{l}
	}
	links := append([]Link{l}, a.topicLinks(r, t, acted && !record.Failed)...)
	switch rank := worst(links); {
	case !record.Failed || rank == Broken:
	case rank < Unknown && a.At.Sub(record.At) > failedBefore:
		links[0].Rank, links[0].Text = Restricted, failureText(record)+"; what comes after it holds today, and it has not been done since"
	default:
		links[0].Rank, links[0].Text = Broken, failureText(record)
	}
	return links
}

// failedBefore is the age at which a failed action is no longer taken for the way
// things are where all links after it were read and hold: what broke then may have
// been mended, which a topic and a key have no time of.
const failedBefore = 24 * time.Hour

func failureText(r ActionRecord) string {
	text := "it failed at " + r.At.Format("2006-01-02T15:04:05Z")
	if r.Error != "" {
		text += ": " + r.Error
	}
	return text
}

// topicLinks are the topic, its key if it has one, and its best subscription.
// Proved says that CloudWatch's newest publication to it succeeded.
func (a *Account) topicLinks(r ringer, t *Topic, proved bool) []Link {
	l := Link{Kind: TopicLink, Name: t.ARN}
	if t.Gone {
		l.Rank, l.problem, l.Text = Broken, topicGone, "there is no such topic"
		return []Link{l}
	}
	if t.Attributes == nil {
		l.Rank, l.Text = Unknown, a.unread("sns:GetTopicAttributes", t.ARN)
		return append([]Link{l}, a.subscriptionLink(r, t))
	}
	l.evidence = evidence("sns:GetTopicAttributes", t.ARN, t.answer)
	l = a.mayPublish(l, r, t)
	if l.Rank < Unknown && strings.HasSuffix(t.ARN, ".fifo") && !proved {
		// UNSURE: SNS asks for a MessageGroupId there [SNS API Reference, Publish], of
		// which CloudWatch's documentation says nothing.
		l.Rank, l.Text = Unknown, "it is a FIFO topic, of which AWS does not say whether alarms can publish to it"
	}
	links := []Link{l}
	if key := t.Attributes["KmsMasterKeyId"]; key != "" {
		links = append(links, a.keyLink(r, t, key, proved))
	}
	return append(links, a.subscriptionLink(r, t))
}

// publisher is the request that CloudWatch makes for the alarm.
func (r ringer) publisher(action, resource, owner string) policy.Request {
	return policy.Request{
		Principal: policy.Service("cloudwatch.amazonaws.com"), Action: action, Resource: resource, Owner: owner,
		Context: policy.Context{
			"aws:SourceArn": {r.arn}, "aws:SourceAccount": {r.account}, "aws:SourceOwner": {r.account},
			"aws:SecureTransport": {"true"}, "aws:PrincipalOrgID": nil,
		},
		Open: true,
	}
}

func (a *Account) mayPublish(l Link, r ringer, t *Topic) Link {
	text := t.Attributes["Policy"]
	if text == "" {
		l.Rank, l.Text = Unknown, "the answer has no Policy"
		return l
	}
	p, err := policy.Parse(text, policy.Any)
	if err != nil {
		l.Rank, l.Text = Unknown, "its policy cannot be read: "+firstLine(err.Error())
		return l
	}
	d := policy.Evaluate(policy.Policies{Resource: &policy.Named{Name: "the topic's policy", Policy: p}},
		r.publisher("sns:Publish", t.ARN, arnPart(t.ARN, 4)))
	switch d.Verdict {
	case policy.Allowed:
	case policy.Undecided:
		l.Rank, l.Text = Unknown, "its policy lets CloudWatch publish depending on "+strings.Join(d.Unknown(), " and ")
	default:
		l.Rank, l.problem, l.Text = Broken, topicPolicy, "its policy does not let cloudwatch.amazonaws.com publish"
		if d.Verdict == policy.ExplicitDeny {
			l.problem, l.Text = topicDenies, "its policy denies cloudwatch.amazonaws.com to publish"
		}
		if len(d.Grounds) > 0 {
			l.Text += ": " + firstLine(d.Grounds[0].Text())
		}
	}
	return l
}

// keyLink judges the key of an encrypted topic.
func (a *Account) keyLink(r ringer, t *Topic, name string, proved bool) Link {
	l := Link{Kind: KeyLink, Name: name}
	broken := func(text string) Link {
		l.Rank, l.problem, l.Text = Broken, topicKey, text
		return l
	}
	k := a.key(name, t.ARN)
	if k == nil {
		k = &Key{Name: name}
	}
	switch {
	case awsManaged(name) || k.AWS:
		return broken("CloudWatch cannot publish to a topic that is encrypted with a key that AWS manages")
	case k.State != "" && k.State != "Enabled":
		return broken("the key is in the state " + k.State)
	}
	if k.Policy != nil {
		l.evidence = evidence("kms:GetKeyPolicy", name, map[string]any{"KeyState": k.State, "Policy": *k.Policy})
		if rank, text := r.mayUse(k); rank == Broken {
			return broken(text)
		} else if rank == Unknown {
			l.Rank, l.Text = rank, text
			return l
		}
	}
	switch {
	case k.Policy != nil && k.State != "":
	case proved:
		l.Text = "not all of it is read, but CloudWatch's newest publication succeeded"
	case k.State == "":
		l.Rank, l.Text = Unknown, a.unread("kms:DescribeKey", name)
	default:
		l.Rank, l.Text = Unknown, a.unread("kms:GetKeyPolicy", name)
	}
	return l
}

// mayUse judges whether a key's policy lets CloudWatch encrypt a notice.
func (r ringer) mayUse(k *Key) (Rank, string) {
	p, err := policy.Parse(*k.Policy, policy.Any)
	if err != nil {
		return Unknown, "its policy cannot be read: " + firstLine(err.Error())
	}
	for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
		request := r.publisher(action, k.ARN, k.Account)
		request.Context["kms:ViaService"] = nil
		d := policy.Evaluate(policy.Policies{Resource: &policy.Named{Name: "the key's policy", Policy: p}, ResourceDecides: true}, request)
		switch {
		case d.Verdict == policy.Undecided:
			return Unknown, "its policy lets CloudWatch use it depending on " + strings.Join(d.Unknown(), " and ")
		case d.Verdict != policy.Allowed:
			return Broken, "its policy does not let cloudwatch.amazonaws.com do " + action
		}
	}
	return Holds, ""
}

// subscriptionLink judges the best subscription of a topic.
func (a *Account) subscriptionLink(r ringer, t *Topic) Link {
	var best *Link
	pending := 0
	for i := range t.Subscriptions {
		s := &t.Subscriptions[i]
		if !s.Confirmed() {
			pending++
			continue
		}
		l := a.oneSubscription(r, s)
		if best == nil || l.Rank < best.Rank || l.Rank == best.Rank && len(l.notes) < len(best.notes) {
			best = &l
		}
	}
	switch {
	case best != nil && best.Rank < Broken:
		return *best
	case !t.Listed:
		l := Link{Kind: SubscriptionLink, Name: t.ARN, Rank: Unknown, Text: a.unread("sns:ListSubscriptionsByTopic", t.ARN)}
		if t.Attributes["SubscriptionsConfirmed"] == "0" {
			l.Rank, l.problem, l.Text = Broken, nobodyConfirmed, "SubscriptionsConfirmed is 0"
		}
		return l
	case best != nil:
		return *best
	}
	l := Link{Kind: SubscriptionLink, Rank: Broken, problem: nobodyConfirmed, Text: "nobody is subscribed"}
	if pending > 0 {
		l.Text = fmt.Sprintf("nobody has confirmed: %d pending", pending)
	}
	return l
}

func (a *Account) oneSubscription(r ringer, s *Subscription) Link {
	l := Link{Kind: SubscriptionLink, Name: string(s.Protocol) + " " + s.address()}
	if s.Skipped {
		l.Rank, l.Text = Unknown, fmt.Sprintf("it was not asked about, as %d before it were, which do not get everything", subscriptionsAsked)
		return l
	}
	if s.Attributes == nil {
		l.Rank, l.Text = Unknown, a.unread("sns:GetSubscriptionAttributes", s.ARN)
		return l
	}
	l.evidence = evidence("sns:GetSubscriptionAttributes", s.ARN, withoutSecrets(s.Attributes))
	if !person(s.Protocol) {
		l.notes = append(l.notes, "the subscriber is a "+string(s.Protocol)+" endpoint: confirmed does not mean read")
	}
	if s.Attributes["RedrivePolicy"] != "" {
		l.notes = append(l.notes, "what cannot be delivered goes to a dead-letter queue: somebody has to look there")
	}
	if !hasFilter(s.Attributes) {
		return l
	}
	p, err := topic.ParseFilterPolicy(s.Attributes["FilterPolicy"], topic.Scope(scopeOf(s.Attributes)))
	if err != nil {
		l.Rank, l.Text = Unknown, "its filter policy cannot be read: "+firstLine(err.Error())
		return l
	}
	m, err := topic.Publication{TopicARN: topic.TopicOf(s.ARN), Message: r.notice.Message(), MessageStructure: "json"}.
		Check("00000000-0000-4000-8000-000000000000", a.At)
	if err != nil {
		l.Rank, l.Text = Unknown, "the notice cannot be composed: "+firstLine(err.Error())
		return l
	}
	if d := p.Decide(m, s.Protocol); d != topic.Accepted {
		l.Rank, l.problem, l.Text = Broken, filterPolicy, "its filter policy lets the alarm's notice not pass ("+string(d)+")"
	}
	return l
}

// address is the endpoint, of a web address its host alone: the rest may be a secret.
func (s *Subscription) address() string {
	if u, err := url.Parse(s.Endpoint); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	if s.Protocol == topic.HTTP || s.Protocol == topic.HTTPS {
		return "an address that cannot be read"
	}
	return s.Endpoint
}

func scopeOf(attributes map[string]string) string {
	if s := attributes["FilterPolicyScope"]; s != "" {
		return s
	}
	return string(topic.MessageAttributes)
}

// withoutSecrets are a subscription's attributes without its endpoint, which may
// hold a token.
func withoutSecrets(attributes map[string]string) map[string]string {
	out := map[string]string{}
	for _, k := range []string{"SubscriptionArn", "Protocol", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "PendingConfirmation"} {
		if v := attributes[k]; v != "" {
			out[k] = v
		}
	}
	return out
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// composites judges the composite alarms that ring when one alarm does, which
// without events is in the state rest.
func (a *Account) composites(set *AlarmSet, child string, childARN string, rest alarm.State, depth int) []Link {
	var best []Link
	for i := range set.Composite {
		c := &set.Composite[i]
		if c.Rule == nil && strings.Contains(c.ruleText, child) && (best == nil || worst(best) == Broken) {
			best = []Link{{
				Kind: CompositeLink, Name: c.Name, Rank: Unknown, Text: "its rule cannot be read: " + firstLine(c.Odd),
				evidence: evidence("cloudwatch:DescribeAlarms", c.Name, c.answer),
			}}
		}
		if c.Rule == nil || depth > 5 || !slices.ContainsFunc(c.Rule.Refs(), func(ref string) bool { return ref == child || ref == childARN }) {
			continue
		}
		l := compositeLink(set, c, child, childARN, rest, a.At)
		links := []Link{l}
		if l.Rank < Broken {
			next := a.reach(ringer{
				name: c.Name, arn: c.ARN, account: set.Account, region: set.Region, enabled: c.Enabled, actions: c.AlarmActions, set: set,
				notice: compositeNotice(c, child, childARN, a.At),
			})
			if higher := a.composites(set, c.Name, c.ARN, alarm.OK, depth+1); worst(next) == Broken && higher != nil && worst(higher) < Broken {
				next = higher
			}
			links = append(links, next...)
		}
		if links[0].Rank == Broken {
			links[0].problem = alarmWithoutAction // with one of its own, the alarm needs no other
		}
		if best == nil || worst(links) < worst(best) {
			best = links
		}
	}
	return best
}

// compositeNotice is what a composite alarm tells when a child went into ALARM,
// while the others are OK.
func compositeNotice(c *CompositeAlarm, child, childARN string, at time.Time) alarm.Notice {
	changed := alarm.Child{ARN: childARN, State: alarm.InAlarm, Since: at}
	lookup := func(arn string) alarm.Child {
		if arn == childARN || arn == c.ChildARN(child) {
			return changed
		}
		return alarm.Child{ARN: arn, State: alarm.OK}
	}
	after, _ := c.ChildChanged(alarm.Record{State: alarm.OK}, lookup, changed, at)
	return alarm.Notice{Composite: &c.Composite, From: alarm.OK, To: after, Triggering: []alarm.Child{changed}}
}

// compositeLink judges whether one child alone rings a composite alarm, whatever
// state the others are in. Without events the child is in the state rest.
func compositeLink(set *AlarmSet, c *CompositeAlarm, child, childARN string, rest alarm.State, at time.Time) Link {
	l := Link{Kind: CompositeLink, Name: c.Name, evidence: evidence("cloudwatch:DescribeAlarms", c.Name, c.answer)}
	in := func(own, others alarm.State) alarm.State {
		return c.Rule.Eval(func(ref string) alarm.State {
			if ref == child || ref == childARN {
				return own
			}
			return others
		})
	}
	switch {
	case in(alarm.InAlarm, alarm.OK) != alarm.InAlarm:
		l.Rank, l.Text = Broken, "its rule is not true when "+child+" alone is in ALARM"
	case in(rest, alarm.OK) == alarm.InAlarm:
		l.Rank, l.Text = Broken, "its rule is true anyhow, so that "+child+" changes nothing"
	case in(alarm.InAlarm, alarm.InAlarm) != alarm.InAlarm || in(alarm.InAlarm, alarm.InsufficientData) != alarm.InAlarm:
		l.Rank, l.Text = Restricted, "its rule is not true while other alarms are in certain states"
	case c.State == alarm.InAlarm && !c.Since.IsZero() && at.Sub(c.Since) > stuckAfter:
		l.Rank, l.Text = Restricted, "it is in ALARM since "+c.Since.Format(time.RFC3339)+": until it leaves, another event tells nobody"
	case c.ActionsSuppressor != "":
		l.Rank, l.Text = Restricted, "its actions are suppressed while "+c.ActionsSuppressor+" is in ALARM"
	}
	if l.Rank != Restricted {
		return l
	}
	// What may stand in the way at times: does it stand there since long?
	now := func(ref string) alarm.State {
		if ref == child || ref == childARN {
			return alarm.InAlarm
		}
		state, _ := set.state(ref)
		return state
	}
	if state, since := set.state(c.ActionsSuppressor); c.ActionsSuppressor != "" && state == alarm.InAlarm && at.Sub(since) > stuckAfter {
		l.Rank, l.Text = Broken, "its actions are suppressed since "+since.Format(time.RFC3339)+", for "+c.ActionsSuppressor+" is in ALARM"
	} else if c.Rule.Eval(now) != alarm.InAlarm {
		l.Text = "its rule is not true when " + child + " goes into ALARM, as the other alarms are now"
		if at.Sub(set.newestChange(c.Rule.Refs(), child, childARN)) > stuckAfter {
			l.Rank = Broken
		}
	}
	return l
}

// newestChange is when one of some alarms last changed its state, but for one.
func (set *AlarmSet) newestChange(refs []string, child, childARN string) (newest time.Time) {
	for _, ref := range refs {
		if ref == child || ref == childARN {
			continue
		}
		if _, since := set.state(ref); since.After(newest) {
			newest = since
		}
	}
	return newest
}

// state is what an alarm of the set is in, by its name or ARN, and since when. One
// that is not there is in INSUFFICIENT_DATA.
func (set *AlarmSet) state(ref string) (alarm.State, time.Time) {
	for i := range set.Metric {
		if m := &set.Metric[i]; m.Name == ref || m.ARN == ref {
			return m.State, m.Since
		}
	}
	for i := range set.Composite {
		if c := &set.Composite[i]; c.Name == ref || c.ARN == ref {
			return c.State, c.Since
		}
	}
	return alarm.InsufficientData, time.Time{}
}
