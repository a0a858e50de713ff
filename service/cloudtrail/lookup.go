package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/pattern"
	"tocsin/service"
	"tocsin/store/events"
)

// The bounds of LookupEvents [API Reference].
const (
	maxLookupResults = 50
	maxLookupValue   = 2000
	lookupAge        = 90 * 24 * time.Hour
	lookupsPerSecond = 2
)

// lookupRounds bounds how often a page is filled up after events were left out
// of it; it may stay short.
const lookupRounds = 20

// LookupEvents finds management events, or Insights events, the newest first. It
// looks at all accounts and Regions, however old the events are, unless the
// options say that AWS's limits hold. Callers of an account other than the
// operator's find what is of their own.
func (s *Service) LookupEvents(ctx context.Context, in *cloudtrail.LookupEventsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error) {
	c, now := service.CallerOf(ctx), s.o.Now()
	q, err := s.lookup(in)
	if err != nil {
		return nil, err
	}
	if s.o.AWSLimits {
		if !s.rates.take(c.Account+"/"+c.Region, s.o.Pace()) {
			return nil, &types.ThrottlingException{Message: text("Rate exceeded")}
		}
		q.From = max(q.From, now.Add(-lookupAge).UnixMilli())
		q.Attributes = append(q.Attributes, events.Match{Attribute: events.Account, Value: c.Account}, events.Match{Attribute: events.Region, Value: c.Region})
	}
	if own := s.o.Default.Account; own != "" && c.Account != own && !s.o.AWSLimits {
		q.Attributes = append(q.Attributes, events.Match{Attribute: events.Account, Value: c.Account})
	}
	// What was called before this call is found by it. When that fails, older
	// events are found all the same.
	if err := s.dispatch(ctx, now); err != nil {
		s.o.Log.Warn("the newest calls cannot be looked up yet", "error", err)
	}
	out := &cloudtrail.LookupEventsOutput{Events: []types.Event{}}
	if q.Group = s.o.Group(); q.Group == 0 || s.o.Search == nil {
		return out, nil
	}
	wanted := q.Limit
	for range lookupRounds {
		q.Limit = wanted - len(out.Events)
		page, err := s.o.Search(ctx, q)
		if errors.Is(err, events.ErrQuery) {
			return nil, invalidToken()
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if shown, ok := lookedUp(e, in); ok {
				out.Events = append(out.Events, shown)
			}
		}
		if q.After = page.Next; q.After == "" || len(out.Events) == wanted {
			break
		}
	}
	if q.After != "" {
		out.NextToken = text("%s", sealToken(in, q.After))
	}
	return out, nil
}

func invalidToken() error {
	return &types.InvalidNextTokenException{Message: text("The token is not valid: it belongs to a request with other parameters, or was changed.")}
}

// lookup checks the input and makes a query of it.
func (s *Service) lookup(in *cloudtrail.LookupEventsInput) (q events.Query, err error) {
	q = events.Query{From: math.MinInt64 / 2, To: math.MaxInt64 / 2, Limit: maxLookupResults}
	if in.EventCategory != "" && in.EventCategory != types.EventCategoryInsight {
		return q, &types.InvalidEventCategoryException{Message: text("The event category %q is not valid. Valid event categories: insight.", in.EventCategory)}
	}
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > maxLookupResults {
			return q, &types.InvalidMaxResultsException{Message: text("MaxResults is %d; it must be from 1 to %d.", *n, maxLookupResults)}
		}
		q.Limit = int(*n)
	}
	if in.StartTime != nil {
		q.From = in.StartTime.UnixMilli()
	}
	if in.EndTime != nil {
		q.To = in.EndTime.UnixMilli()
	}
	if q.From > q.To {
		return q, &types.InvalidTimeRangeException{Message: text("The start time must not be after the end time.")}
	}
	if q.Attributes, err = lookupAttributes(in); err != nil {
		return q, err
	}
	if in.EventCategory == types.EventCategoryInsight {
		// Insights events have none of the attributes; they are told by their content.
		q.Attributes = nil
		if q.Pattern, err = pattern.Parse(`{ $.eventCategory = "Insight" }`); err != nil {
			return q, err
		}
	}
	if token := value(in.NextToken); token != "" {
		if q.After, err = openToken(in, token); err != nil {
			return q, err
		}
	}
	return q, nil
}

func lookupAttributes(in *cloudtrail.LookupEventsInput) ([]events.Match, error) {
	invalid := func(format string, args ...any) ([]events.Match, error) {
		return nil, &types.InvalidLookupAttributesException{Message: text(format, args...)}
	}
	if len(in.LookupAttributes) > 1 {
		return invalid("You can specify only one lookup attribute, not %d.", len(in.LookupAttributes))
	}
	var all []events.Match
	for _, a := range in.LookupAttributes {
		v := value(a.AttributeValue)
		switch insight := in.EventCategory != ""; {
		case !slices.Contains(a.AttributeKey.Values(), a.AttributeKey):
			return invalid("The lookup attribute %q is not valid.", a.AttributeKey)
		case insight && !slices.Contains([]types.LookupAttributeKey{"EventId", "EventName", "EventSource"}, a.AttributeKey):
			return invalid("Insights events can be looked up by EventId, EventName and EventSource, not by %s.", a.AttributeKey)
		case v == "" || len(v) > maxLookupValue:
			return invalid("The value of a lookup attribute has 1 to %d characters.", maxLookupValue)
		case a.AttributeKey == types.LookupAttributeKeyReadOnly && v != "true" && v != "false":
			return invalid("The value of ReadOnly is true or false, not %.40q.", v)
		}
		all = append(all, events.Match{Attribute: events.Attribute(a.AttributeKey), Value: v})
	}
	return all, nil
}

// A token holds what the request was, so that one with other parameters is told.
func requestHash(in *cloudtrail.LookupEventsInput) []byte {
	var attributes []string
	for _, a := range in.LookupAttributes {
		attributes = append(attributes, string(a.AttributeKey), value(a.AttributeValue))
	}
	// Texts and times always have a JSON form.
	request, _ := json.Marshal([]any{attributes, in.StartTime, in.EndTime, in.EventCategory})
	sum := sha256.Sum256(request)
	return sum[:8]
}

func sealToken(in *cloudtrail.LookupEventsInput, after string) string {
	return base64.RawURLEncoding.EncodeToString(append(requestHash(in), after...))
}

func openToken(in *cloudtrail.LookupEventsInput, token string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", invalidToken()
	}
	after, ours := strings.CutPrefix(string(raw), string(requestHash(in)))
	if !ours || after == "" {
		return "", invalidToken()
	}
	return after, nil
}

// A found is what LookupEvents shows of a record.
type found struct {
	EventID         string          `json:"eventID"`
	EventName       string          `json:"eventName"`
	EventSource     string          `json:"eventSource"`
	EventTime       time.Time       `json:"eventTime"`
	ReadOnly        json.RawMessage `json:"readOnly"`
	Category        string          `json:"eventCategory"`
	ManagementEvent json.RawMessage `json:"managementEvent"`
	UserIdentity    struct {
		Type        string `json:"type"`
		UserName    string `json:"userName"`
		ARN         string `json:"arn"`
		PrincipalID string `json:"principalId"`
		AccessKeyID string `json:"accessKeyId"`
	} `json:"userIdentity"`
	Resources []struct {
		ARN  string `json:"ARN"`
		Type string `json:"type"`
	} `json:"resources"`
	Request json.RawMessage `json:"requestParameters"`
	Insight struct {
		EventName   string `json:"eventName"`
		EventSource string `json:"eventSource"`
	} `json:"insightDetails"`
}

// lookedUp is an event as LookupEvents shows it; false for one that it does not
// tell of: data and network activity, and Insights unless they are asked for.
func lookedUp(e events.Event, in *cloudtrail.LookupEventsInput) (types.Event, bool) {
	var r found
	// A member of an unexpected type leaves the others as they are.
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(e.Message, &r); err != nil && !errors.As(err, &wrong) {
		return types.Event{}, false
	}
	insight := r.Category == "Insight"
	switch {
	case insight != (in.EventCategory != ""):
		return types.Event{}, false
	case insight:
		r.EventName, r.EventSource = r.Insight.EventName, r.Insight.EventSource
		for _, a := range in.LookupAttributes {
			if have := map[types.LookupAttributeKey]string{"EventId": r.EventID, "EventName": r.EventName, "EventSource": r.EventSource}; have[a.AttributeKey] != value(a.AttributeValue) {
				return types.Event{}, false
			}
		}
	case r.Category != "" && r.Category != "Management", r.Category == "" && string(r.ManagementEvent) == "false":
		return types.Event{}, false
	}
	at := r.EventTime
	if at.IsZero() {
		at = time.UnixMilli(e.Time).UTC()
	}
	shown := types.Event{
		EventId: given(r.EventID), EventName: given(r.EventName), EventSource: given(r.EventSource), EventTime: &at,
		AccessKeyId: given(r.UserIdentity.AccessKeyID), Username: given(userOf(r)), CloudTrailEvent: text("%s", e.Message),
		Resources: resourcesOf(r),
	}
	if flag := strings.Trim(string(r.ReadOnly), `"`); flag == "true" || flag == "false" {
		shown.ReadOnly = &flag
	}
	return shown, true
}

// userOf is the user's name, as package events finds it.
func userOf(r found) string {
	u := r.UserIdentity
	switch {
	case u.UserName != "":
		return u.UserName
	case u.Type == "Root":
		return "root"
	case u.Type == "AssumedRole":
		if i := strings.LastIndexByte(u.ARN, '/'); i >= 0 {
			return u.ARN[i+1:]
		}
		_, session, _ := strings.Cut(u.PrincipalID, ":")
		return session
	default:
		return ""
	}
}

// parameterTypes are the request parameters that name a resource, by source.
//
// UNSURE: LookupEvents takes resources from parameters, service by service; no
// list of them is published.
var parameterTypes = map[string][]struct{ member, kind string }{
	"iam.amazonaws.com": {
		{"userName", "AWS::IAM::User"},
		{"roleName", "AWS::IAM::Role"},
		{"groupName", "AWS::IAM::Group"},
		{"policyArn", "AWS::IAM::Policy"},
		{"policyName", "AWS::IAM::Policy"},
		{"accessKeyId", "AWS::IAM::AccessKey"},
		{"instanceProfileName", "AWS::IAM::InstanceProfile"},
	},
	"cloudtrail.amazonaws.com": {{"name", "AWS::CloudTrail::Trail"}, {"trailName", "AWS::CloudTrail::Trail"}, {"s3BucketName", "AWS::S3::Bucket"}},
	"s3.amazonaws.com":         {{"bucketName", "AWS::S3::Bucket"}},
	"sns.amazonaws.com":        {{"topicArn", "AWS::SNS::Topic"}},
	"logs.amazonaws.com":       {{"logGroupName", "AWS::Logs::LogGroup"}},
	"monitoring.amazonaws.com": {{"alarmName", "AWS::CloudWatch::Alarm"}},
	"kms.amazonaws.com":        {{"keyId", "AWS::KMS::Key"}},
}

// resourcesOf are what an event is about: those that the record names, and those
// that its parameters do.
func resourcesOf(r found) []types.Resource {
	out := []types.Resource{}
	for _, one := range r.Resources {
		out = append(out, types.Resource{ResourceName: given(one.ARN), ResourceType: given(one.Type)})
	}
	if len(out) > 0 || len(parameterTypes[r.EventSource]) == 0 {
		return out
	}
	var parameters map[string]any
	if json.Unmarshal(r.Request, &parameters) != nil {
		return out
	}
	for _, p := range parameterTypes[r.EventSource] {
		if name, ok := parameters[p.member].(string); ok && name != "" {
			out = append(out, types.Resource{ResourceName: &name, ResourceType: text("%s", p.kind)})
		}
	}
	return out
}
