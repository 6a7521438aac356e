// Package source reads snapshots for package lint: commits, the index, the
// working tree, directories, archives, single files and registries. The command
// line calls it. Nothing is ever written, no program but git is started, and no
// connection is opened unless the caller asks for a registry or a fetch.
package source
