"""Folders and zips of the user's own pictures. Each module imports only from those above it.

layout       paths of pictures -> classes and splits
names        file names in any encoding -> text
files        a folder or zip -> the pictures in it, by path
augmentation training images -> more of them, shifted, turned and scaled
images       picture files -> arrays, converted in the same way for the whole set
reader       a folder or zip -> splits
summary      splits -> lines that say what is in them
"""
