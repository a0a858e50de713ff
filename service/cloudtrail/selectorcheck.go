package cloudtrail

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// The bounds of selectors [API Reference, PutEventSelectors].
const (
	maxSelectors      = 5
	maxDataValues     = 250
	maxAdvancedValues = 500
	maxSelectorName   = 1000
)

func invalidSelectors(format string, args ...any) error {
	return &types.InvalidEventSelectorsException{Message: text(format, args...)}
}

// excludable are the sources whose management events a basic selector can leave out.
var excludable = []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

// checkBasic checks basic selectors and fills in their defaults.
func checkBasic(all []types.EventSelector) ([]types.EventSelector, error) {
	if len(all) == 0 || len(all) > maxSelectors {
		return nil, invalidSelectors("A trail has 1 to %d event selectors, not %d.", maxSelectors, len(all))
	}
	out, values := make([]types.EventSelector, len(all)), 0
	for i, s := range all {
		s = filled(s)
		if !slices.Contains(s.ReadWriteType.Values(), s.ReadWriteType) {
			return nil, invalidSelectors("Value %s for ReadWriteType is invalid. Valid values: All, ReadOnly, WriteOnly.", s.ReadWriteType)
		}
		for _, source := range s.ExcludeManagementEventSources {
			if !slices.Contains(excludable, source) {
				return nil, invalidSelectors("Value %s for ExcludeManagementEventSources is invalid. Valid values: %s.", source, strings.Join(excludable, ", "))
			}
		}
		if len(s.ExcludeManagementEventSources) > 0 && !*s.IncludeManagementEvents {
			return nil, invalidSelectors("ExcludeManagementEventSources needs IncludeManagementEvents to be true.")
		}
		for _, d := range s.DataResources {
			if err := checkDataResource(d); err != nil {
				return nil, err
			}
			values += len(d.Values)
		}
		out[i] = s
	}
	if values > maxDataValues {
		return nil, invalidSelectors("The trail has %d values for DataResources; the maximum is %d.", values, maxDataValues)
	}
	return out, nil
}

// dataTypes are the resource types of basic selectors, with what their values begin with.
var dataTypes = map[string]string{"AWS::S3::Object": "s3", "AWS::Lambda::Function": "lambda", "AWS::DynamoDB::Table": "dynamodb"}

func checkDataResource(d types.DataResource) error {
	service, known := dataTypes[value(d.Type)]
	if !known {
		return invalidSelectors("Value %s for DataResources.Type is invalid. Valid values: AWS::S3::Object, AWS::Lambda::Function, AWS::DynamoDB::Table.", value(d.Type))
	}
	for _, v := range d.Values {
		parts := strings.SplitN(v, ":", 6)
		ok := len(parts) >= 3 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == service
		switch {
		case len(parts) == 3: // all of the account
		case service == "s3":
			// A bucket with a slash behind it, or a key's beginning; no wildcards.
			ok = ok && len(parts) == 6 && strings.Contains(parts[5], "/") && !strings.HasPrefix(parts[5], "/") && !strings.Contains(parts[5], "*")
		default:
			ok = ok && len(parts) == 6 && parts[5] != ""
		}
		if !ok {
			return invalidSelectors("Value %s for DataResources.Values is invalid.", v)
		}
	}
	return nil
}

// The operators of a field selector, as AWS calls them.
type operator struct {
	name   string
	values []string
	not    bool
	test   func(have, want string) bool
}

func equal(a, b string) bool { return a == b }

// operators are those that a field selector uses.
func operators(f types.AdvancedFieldSelector) (used []operator) {
	for _, o := range []operator{
		{"Equals", f.Equals, false, equal},
		{"StartsWith", f.StartsWith, false, strings.HasPrefix},
		{"EndsWith", f.EndsWith, false, strings.HasSuffix},
		{"NotEquals", f.NotEquals, true, equal},
		{"NotStartsWith", f.NotStartsWith, true, strings.HasPrefix},
		{"NotEndsWith", f.NotEndsWith, true, strings.HasSuffix},
	} {
		if len(o.values) > 0 {
			used = append(used, o)
		}
	}
	return used
}

// A rule says of a field in which categories it may be used, and how.
type rule struct {
	categories []string
	equalsOnly bool
	values     []string // the possible ones; nil for any
}

var anyCategory = []string{"Management", "Data", "NetworkActivity"}

// fields are the fields of advanced selectors [API Reference, AdvancedFieldSelector].
//
// UNSURE: which newer fields each category takes.
var fields = map[string]rule{
	"eventCategory":                {anyCategory, true, anyCategory},
	"readOnly":                     {[]string{"Management", "Data"}, true, []string{"true", "false"}},
	"eventName":                    {anyCategory, false, nil},
	"eventSource":                  {anyCategory, false, nil},
	"eventType":                    {[]string{"Management", "Data"}, false, nil},
	"sessionCredentialFromConsole": {[]string{"Management", "Data"}, true, []string{"true", "false"}},
	"userIdentity.arn":             {anyCategory, false, nil},
	"resources.type":               {[]string{"Data"}, true, nil},
	"resources.ARN":                {[]string{"Data"}, false, nil},
	"errorCode":                    {[]string{"NetworkActivity"}, true, []string{"VpceAccessDenied"}},
	"vpcEndpointId":                {[]string{"NetworkActivity"}, false, nil},
}

// checkAdvanced checks advanced selectors.
func checkAdvanced(all []types.AdvancedEventSelector) ([]types.AdvancedEventSelector, error) {
	if len(all) == 0 {
		return nil, invalidSelectors("You must specify at least one advanced event selector.")
	}
	values := 0
	for _, s := range all {
		if len(value(s.Name)) > maxSelectorName {
			return nil, invalidSelectors("The name of an advanced event selector has at most %d characters.", maxSelectorName)
		}
		n, err := checkFields(s.FieldSelectors)
		if err != nil {
			return nil, err
		}
		values += n
	}
	if values > maxAdvancedValues {
		return nil, invalidSelectors("The trail has %d values in its advanced event selectors; the maximum is %d.", values, maxAdvancedValues)
	}
	return all, nil
}

// checkFields checks the field selectors of one selector and counts their values.
func checkFields(all []types.AdvancedFieldSelector) (values int, err error) {
	category, kind := "", ""
	for _, f := range all {
		switch value(f.Field) {
		case "eventCategory":
			if len(f.Equals) == 1 {
				category = f.Equals[0]
			}
		case "resources.type":
			if len(f.Equals) == 1 {
				kind = f.Equals[0]
			}
		}
	}
	switch {
	case category == "":
		return 0, invalidSelectors("An advanced event selector needs the field eventCategory with one value for Equals.")
	case category == "Data" && kind == "":
		return 0, invalidSelectors("An advanced event selector for data events needs the field resources.type with one value for Equals.")
	case category == "NetworkActivity" && !slices.ContainsFunc(all, func(f types.AdvancedFieldSelector) bool { return value(f.Field) == "eventSource" && len(f.Equals) == 1 }):
		return 0, invalidSelectors("An advanced event selector for network activity events needs the field eventSource with one value for Equals.")
	}
	seen := map[string]bool{}
	for _, f := range all {
		name := value(f.Field)
		r, known := fields[name]
		used := operators(f)
		switch {
		case !known:
			return 0, invalidSelectors("The field %q is not valid in an advanced event selector.", name)
		case seen[name]:
			return 0, invalidSelectors("The field %s is given twice in an advanced event selector.", name)
		case !slices.Contains(r.categories, category):
			return 0, invalidSelectors("The field %s is not valid for the event category %s.", name, category)
		case len(used) == 0:
			return 0, invalidSelectors("The field %s needs an operator with at least one value.", name)
		case r.equalsOnly && (len(used) > 1 || used[0].name != "Equals" || len(f.Equals) > 1):
			return 0, invalidSelectors("The field %s takes the operator Equals with one value only.", name)
		}
		seen[name] = true
		for _, o := range used {
			values += len(o.values)
			for _, v := range o.values {
				if v == "" || len(v) > 2048 || r.values != nil && !slices.Contains(r.values, v) {
					return 0, invalidSelectors("Value %.100q for the field %s is invalid.", v, name)
				}
			}
		}
	}
	return values, nil
}
