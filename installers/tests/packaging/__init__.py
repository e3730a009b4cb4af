"""The tests of the Windows package: its tables, its signatures, and its life under Wine."""
