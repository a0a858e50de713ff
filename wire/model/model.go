// Package model holds the wire models of AWS's services: for each the small
// table of what the SDK's Go types do not tell. The property test reads and
// writes every operation and every error of each through the SDK's own client.
package model

import "tocsin/wire"

// status is an error form that differs in its status only.
func status(code int) wire.ErrorForm { return wire.ErrorForm{Status: code} }

// CloudTrail speaks JSON 1.1.
func CloudTrail() wire.Model {
	return wire.Model{
		Name: "cloudtrail", SigningName: "cloudtrail", Shape: "CloudTrail_20131101", Version: "2013-11-01",
		JSON: true,
		Names: map[string]string{
			"DescribeTrailsInput.IncludeShadowTrails": "includeShadowTrails",
			"DescribeTrailsInput.TrailNameList":       "trailNameList",
			"DescribeTrailsOutput.TrailList":          "trailList",
		},
	}
}
