package model

import "tocsin/wire"

// STS speaks Query.
func STS() wire.Model {
	return wire.Model{
		Name: "sts", SigningName: "sts", Shape: "AWSSecurityTokenServiceV20110615",
		Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Query: true,
		Names: map[string]string{"PolicyDescriptorType.Arn": "arn"},
		Errors: map[string]wire.ErrorForm{
			"IDPRejectedClaim":        status(403),
			"RegionDisabledException": status(403),
		},
	}
}
