package alarm

import (
	"strings"
	"unicode"

	"tocsin/core/metric"
)

// A Notice is what an alarm tells its topics when its actions run. Of Metric and
// Composite one is set.
type Notice struct {
	Metric    *Alarm
	Composite *Composite
	// From is the state that the alarm was in before, To the record of its new one.
	From State
	To   Record
	// Triggering are the children that changed a composite alarm's state.
	Triggering []Child
	// AfterMuteWindow says that the actions were held back by a mute rule until now.
	AfterMuteWindow bool
}

// Message is the message of the publish with MessageStructure json: the JSON
// document under default, which every protocol gets that has no key of its own,
// and a text each for sms and email.
func (n Notice) Message() string {
	return encode(struct {
		Default string `json:"default"`
		SMS     string `json:"sms"`
		Email   string `json:"email"`
	}{n.JSON(), n.SMS(), n.Email()})
}

// JSON is the document that machines get, with the members in the order in
// which AWS sends them.
func (n Notice) JSON() string {
	head := n.head()
	if n.Composite != nil {
		return encode(compositeDocument{
			AlarmName:                     head.name,
			AlarmDescription:              orNull(head.description),
			AWSAccountID:                  head.account,
			NewStateValue:                 n.To.State,
			NewStateReason:                n.To.Reason,
			StateChangeTime:               timestamp(n.To.Updated),
			Region:                        RegionName(head.region),
			AlarmArn:                      head.arn,
			OKActions:                     list(head.okActions),
			AlarmActions:                  list(head.alarmActions),
			InsufficientDataActions:       list(head.insufficientDataActions),
			ActionExecutedAfterMuteWindow: n.AfterMuteWindow,
			OldStateValue:                 n.From,
			AlarmRule:                     n.Composite.Rule.Text,
			TriggeringChildren:            triggeringChildren(n.Triggering),
		})
	}
	return encode(metricDocument{
		AlarmName:                          head.name,
		AlarmDescription:                   orNull(head.description),
		AWSAccountID:                       head.account,
		AlarmConfigurationUpdatedTimestamp: timestamp(n.Metric.ConfigurationUpdated),
		NewStateValue:                      n.To.State,
		NewStateReason:                     n.To.Reason,
		StateChangeTime:                    timestamp(n.To.Updated),
		Region:                             RegionName(head.region),
		AlarmArn:                           head.arn,
		OldStateValue:                      n.From,
		ActionExecutedAfterMuteWindow:      n.AfterMuteWindow,
		OKActions:                          list(head.okActions),
		AlarmActions:                       list(head.alarmActions),
		InsufficientDataActions:            list(head.insufficientDataActions),
		Trigger:                            triggerOf(*n.Metric),
	})
}

// head is what both kinds of alarm have.
type head struct {
	name, description, arn, region, account          string
	okActions, alarmActions, insufficientDataActions []string
}

func (n Notice) head() head {
	h := head{}
	if c := n.Composite; c != nil {
		h = head{
			name: c.Name, description: c.Description, arn: c.ARN,
			okActions: c.OKActions, alarmActions: c.AlarmActions, insufficientDataActions: c.InsufficientDataActions,
		}
	} else {
		a := n.Metric
		h = head{
			name: a.Name, description: a.Description, arn: a.ARN,
			okActions: a.OKActions, alarmActions: a.AlarmActions, insufficientDataActions: a.InsufficientDataActions,
		}
	}
	h.region, h.account, _ = parseARN(h.arn)
	return h
}

type metricDocument struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp timestamp
	NewStateValue                      State
	NewStateReason                     string
	StateChangeTime                    timestamp
	Region                             string
	AlarmArn                           string
	OldStateValue                      State
	ActionExecutedAfterMuteWindow      bool
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            any
}

type compositeDocument struct {
	AlarmName                     string
	AlarmDescription              *string
	AWSAccountID                  string `json:"AWSAccountId"`
	NewStateValue                 State
	NewStateReason                string
	StateChangeTime               timestamp
	Region                        string
	AlarmArn                      string
	OKActions                     []string
	AlarmActions                  []string
	InsufficientDataActions       []string
	ActionExecutedAfterMuteWindow bool
	OldStateValue                 State
	AlarmRule                     string
	TriggeringChildren            []triggeringChild
}

type triggeringChild struct {
	Arn   string
	State struct {
		Value     State
		Timestamp timestamp
	}
}

func triggeringChildren(children []Child) []triggeringChild {
	out := []triggeringChild{}
	for _, c := range children {
		t := triggeringChild{Arn: c.ARN}
		t.State.Value, t.State.Timestamp = c.State, timestamp(c.Since)
		out = append(out, t)
	}
	return out
}

// Subject is the message's subject: ALARM: "root-usage" in US East (N. Virginia).
// It has at most 100 characters, for which a long name is cut.
func (n Notice) Subject() string {
	const limit = 100
	return n.headline(limit - len(n.headline(0)))
}

// SMS is the text of a short message: the sentence of the subject, with at most
// 90 characters of the name.
func (n Notice) SMS() string { return n.headline(90) }

// headline is the sentence of subject and short message with at most room bytes
// of the name, in which each run of characters other than ASCII is one
// underscore. Of no room at all the name is left out.
func (n Notice) headline(room int) string {
	h := n.head()
	var name []byte
	foreign := false
	for _, r := range h.name {
		if r <= unicode.MaxASCII {
			name = append(name, byte(r))
		} else if !foreign {
			name = append(name, '_')
		}
		foreign = r > unicode.MaxASCII
	}
	const ellipsis = "..."
	if room == 0 {
		name = nil
	} else if len(name) > room {
		name = append(name[:max(room-len(ellipsis), 0)], ellipsis...)
	}
	return string(n.To.State) + `: "` + string(name) + `" in ` + RegionName(h.region)
}

// upperSnake is a plain statistic as the JSON document spells it: SAMPLE_COUNT.
func upperSnake(st metric.Statistic) string {
	var b strings.Builder
	for i, r := range st.String() {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}
