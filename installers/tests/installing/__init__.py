"""The tests of install.sh: worlds to run it in, releases and a server to fool it with, and the cases."""
