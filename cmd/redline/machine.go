package main

import (
	"os"
	"os/exec"

	"redline/lab/awake"
	"redline/lab/hiccup"
)

// awakeFlags are shared by all commands that apply load.
type awakeFlags struct {
	Awake awakeFlag `help:"Keep the CPUs from sleeping meanwhile, by threads of the lowest priority: steadier times on a virtual machine (Linux; the server in the same container)."`
}

// awakeFlag keeps the CPUs awake from when it is seen until the program ends.
type awakeFlag bool

// AfterApply starts a process of this program that does.
func (f awakeFlag) AfterApply() error {
	if !f {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return awake.Start(exec.Command(exe, "spin"))
}

// watchHiccups is how the lab starts a process of this program that watches the machine.
func watchHiccups() *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return exec.Command(exe, "hiccups")
}

type hiccupsCmd struct{}

// Run watches.
func (hiccupsCmd) Run(io streams) error { return hiccup.Watch(os.Stdin, os.Stdout) }

type spinCmd struct{}

// Run spins.
func (spinCmd) Run(io streams) error { return awake.Keep(os.Stdin, os.Stdout) }
