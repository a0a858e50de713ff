package pattern

import (
	"math"

	"tocsin/core/event"
)

// habit is what is known beforehand about a field of CloudTrail events. It
// steers which condition of a pattern is watched, never what matches: with
// wrong figures a Set is slower and not wrong.
type habit struct {
	present float64 // in how many of the events it has a value
	same    float64 // how often it has one given value that a pattern asks for
}

// habits are rough figures for the fields that rules ask for most.
var habits = map[string]habit{
	"$.eventVersion":             {1, 0.9},
	"$.eventType":                {1, 0.9},
	"$.eventCategory":            {1, 0.9},
	"$.managementEvent":          {1, 0.9},
	"$.readOnly":                 {1, 0.5},
	"$.eventTime":                {1, 0.001},
	"$.eventSource":              {1, 0.05},
	"$.eventName":                {1, 0.002},
	"$.awsRegion":                {1, 0.3},
	"$.recipientAccountId":       {1, 0.2},
	"$.userIdentity.type":        {1, 0.3},
	"$.userIdentity.accountId":   {0.9, 0.2},
	"$.userIdentity.invokedBy":   {0.3, 0.1},
	"$.userIdentity.arn":         {0.9, 0.01},
	"$.userIdentity.userName":    {0.5, 0.01},
	"$.userIdentity.principalId": {0.9, 0.01},
	"$.userIdentity.accessKeyId": {0.9, 0.005},
	"$.userIdentity.sessionContext.attributes.mfaAuthenticated": {0.5, 0.4},
	"$.userIdentity.sessionContext.sessionIssuer.type":          {0.5, 0.4},
	"$.sourceIPAddress":             {1, 0.02},
	"$.userAgent":                   {1, 0.02},
	"$.errorCode":                   {0.05, 0.01},
	"$.errorMessage":                {0.05, 0.005},
	"$.additionalEventData.MFAUsed": {0.02, 0.01},
}

// habitElsewhere is that of all other fields: requestParameters and the like.
var habitElsewhere = habit{0.2, 0.01}

// walked is the least rate of a predicate on a field that is not extracted but
// walked, because it costs something to ask whether it holds.
const walked = 0.1

// rate guesses in how many of all events p holds.
func (p predicate) rate(path event.Path) float64 {
	h, ok := habits[path.String()]
	if !ok {
		h = habitElsewhere
	}
	if memberPrefix(path) < len(path) {
		h.same = walked
	}
	switch p.op {
	case NotExists:
		return max(1-h.present, 0.05)
	case IsNull:
		return 0.1
	case IsTrue, IsFalse:
		return 0.5 * h.present
	case Less, LessOrEqual, Greater, GreaterOrEqual:
		return 0.4 * h.present
	case NotEqual:
		return h.present
	}
	switch p.form {
	case anyText:
		return h.present
	case prefixText, suffixText, innerText:
		// A wildcard takes in many values, the more the shorter its text.
		n := float64(len(p.text))
		return h.present * math.Pow(h.same/h.present, n/(n+8))
	case regexText:
		return 0.5 * h.present
	}
	return h.same
}
