package cloudtrail

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/store/state"
)

// An own is a record of ours with what selectors look at.
type own struct {
	state.OwnRecord
	EventTime    time.Time `json:"eventTime"`
	EventSource  string    `json:"eventSource"`
	EventName    string    `json:"eventName"`
	EventType    string    `json:"eventType"`
	Category     string    `json:"eventCategory"`
	ErrorCode    string    `json:"errorCode"`
	ReadOnly     bool      `json:"readOnly"`
	VPCEndpoint  string    `json:"vpcEndpointId"`
	FromConsole  string    `json:"sessionCredentialFromConsole"`
	UserIdentity struct {
		ARN string `json:"arn"`
	} `json:"userIdentity"`
	Resources []about `json:"resources"`
}

// An about is a resource that a call was about.
type about struct {
	ARN  string `json:"ARN"`
	Type string `json:"type"`
}

func readOwn(r state.OwnRecord) (own, error) {
	o := own{OwnRecord: r}
	if err := json.Unmarshal(r.Body, &struct {
		*own
		ID *string `json:"eventID"`
	}{&o, &o.EventID}); err != nil {
		return o, fmt.Errorf("own record %d: %w", r.ID, err)
	}
	return o, nil
}

// global are the services that belong to no Region: their events are in the
// partition's first one, and trails take them by IncludeGlobalServiceEvents.
var global = []string{"iam.amazonaws.com", "cloudfront.amazonaws.com", "route53.amazonaws.com", "organizations.amazonaws.com"}

// takes tells whether a trail takes a record.
func takes(t trail, r own) bool {
	v := t.Value
	if r.Account != t.Account || r.Region != t.Region && !v.MultiRegion {
		return false
	}
	if !v.logged(r.At) {
		return false
	}
	if slices.Contains(global, r.EventSource) && !v.Global {
		return false
	}
	return v.selects(r)
}

// selects tells whether the selectors of a trail take a record.
func (t Trail) selects(r own) bool {
	if t.Advanced != nil {
		return slices.ContainsFunc(t.Advanced, func(s types.AdvancedEventSelector) bool { return advancedTakes(s, r) })
	}
	return slices.ContainsFunc(t.basic(), func(s types.EventSelector) bool { return basicTakes(s, r) })
}

func basicTakes(s types.EventSelector, r own) bool {
	if s.ReadWriteType == types.ReadWriteTypeReadOnly && !r.ReadOnly || s.ReadWriteType == types.ReadWriteTypeWriteOnly && r.ReadOnly {
		return false
	}
	if r.Category == "Management" {
		return value(s.IncludeManagementEvents) && !slices.Contains(s.ExcludeManagementEventSources, r.EventSource)
	}
	if r.Category != "Data" {
		return false
	}
	for _, d := range s.DataResources {
		for _, about := range r.Resources {
			if about.Type == value(d.Type) && slices.ContainsFunc(d.Values, func(v string) bool { return within(about.ARN, v) }) {
				return true
			}
		}
	}
	return false
}

// within tells whether an ARN is one of those that a value of a basic selector means.
func within(arn, v string) bool {
	if strings.Count(v, ":") == 2 {
		return strings.HasPrefix(arn, v+":")
	}
	if strings.Contains(v, ":s3:") {
		return strings.HasPrefix(arn, v)
	}
	return arn == v
}

func advancedTakes(s types.AdvancedEventSelector, r own) bool {
	var resources []types.AdvancedFieldSelector
	for _, f := range s.FieldSelectors {
		if strings.HasPrefix(value(f.Field), "resources.") {
			resources = append(resources, f)
		} else if !fieldTakes(f, r.field(value(f.Field))) {
			return false
		}
	}
	// Type and ARN are of one and the same resource.
	return len(resources) == 0 || slices.ContainsFunc(r.Resources, func(about about) bool {
		return !slices.ContainsFunc(resources, func(f types.AdvancedFieldSelector) bool {
			have := about.Type
			if value(f.Field) == "resources.ARN" {
				have = about.ARN
			}
			return !fieldTakes(f, have)
		})
	})
}

// field is the value of a field; one that is not there is an empty text.
func (r own) field(name string) string {
	switch name {
	case "eventCategory":
		return r.Category
	case "readOnly":
		return strconv.FormatBool(r.ReadOnly)
	case "eventName":
		return r.EventName
	case "eventSource":
		return r.EventSource
	case "eventType":
		return r.EventType
	case "errorCode":
		return r.ErrorCode
	case "vpcEndpointId":
		return r.VPCEndpoint
	case "userIdentity.arn":
		return r.UserIdentity.ARN
	case "sessionCredentialFromConsole":
		return strconv.FormatBool(r.FromConsole == "true")
	default:
		return ""
	}
}

// fieldTakes tells whether one value of a field is wanted: any value of an
// operator must hold, of a negated one none, and all operators must.
func fieldTakes(f types.AdvancedFieldSelector, have string) bool {
	for _, o := range operators(f) {
		if slices.ContainsFunc(o.values, func(want string) bool { return o.test(have, want) }) == o.not {
			return false
		}
	}
	return true
}

// wantsData tells whether a trail may take data events.
func (t Trail) wantsData() bool {
	if !t.Logging {
		return false
	}
	for _, s := range t.Advanced {
		for _, f := range s.FieldSelectors {
			if value(f.Field) == "eventCategory" && slices.Contains(f.Equals, "Data") {
				return true
			}
		}
	}
	return slices.ContainsFunc(t.Selectors, func(s types.EventSelector) bool { return len(s.DataResources) > 0 })
}
