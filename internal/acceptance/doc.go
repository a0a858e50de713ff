// Package acceptance runs the cases of what real clients must be able to do,
// unchanged Terraform and AWS CLI commands, against the built binary.
package acceptance
